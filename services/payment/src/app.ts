import { auditLogRoutes } from '@kakilima/kit/audit-log-routes'
import type { Db } from '@kakilima/kit/database'
import { eventFeedRoutes } from '@kakilima/kit/event-feed-routes'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import type { PaymentConfig } from './config.ts'
import type { PaymentTables } from './database.ts'
import { methodRoutes } from './methods/routes.ts'
import type { PaymentVerbDeps } from './payments/ask-order.ts'
import { presentPayment } from './payments/payment.ts'
import { paymentRoutes } from './payments/routes.ts'
import type { PaymentProvider } from './providers/provider.ts'
import { refundRoutes } from './refunds/routes.ts'

export type PaymentDeps = {
  config: PaymentConfig
  db: Db<PaymentTables>
  logger: Logger
  orders: PaymentVerbDeps['orders']
  provider: PaymentProvider
}

export async function buildApp(deps: PaymentDeps): Promise<Server> {
  const app = await buildServer({
    name: 'payment',
    config: deps.config,
    logger: deps.logger,
    checkReady: async () => {
      await sql`select 1`.execute(deps.db)
    },
  })
  paymentRoutes(app, deps)
  refundRoutes(app, deps)
  methodRoutes(app, deps)
  auditLogRoutes(app, deps.db)
  eventFeedRoutes(app, deps.db, (_type, row) => presentPayment(row))
  return app
}
