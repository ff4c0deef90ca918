import type { InventoryClient, PaymentClient, UserClient } from '@kakilima/contracts/clients'
import type { PaymentHistoryClient } from '@kakilima/contracts/desk-client'
import { auditLogRoutes } from '@kakilima/kit/audit-log-routes'
import type { Db } from '@kakilima/kit/database'
import { eventFeedRoutes } from '@kakilima/kit/event-feed-routes'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import type { Queue } from '@kakilima/queue/queue'
import { sql } from 'kysely'
import type { OrderConfig, PaymentWindows } from './config.ts'
import type { OrderTables } from './database.ts'
import type { DecisionWaiter } from './intake/await-decision.ts'
import { parkedRoutes } from './intake/parked-routes.ts'
import { intakeRoutes } from './intake/routes.ts'
import { deskRoutes } from './desk/routes.ts'
import { changeRoutes } from './orders/change-routes.ts'
import { presentOrder } from './orders/order.ts'
import { orderRoutes } from './orders/routes.ts'
import { paymentWindowRoutes } from './payment-windows/routes.ts'
import { reportRoutes } from './reports/routes.ts'

export type OrderDeps = {
  config: OrderConfig
  db: Db<OrderTables>
  logger: Logger
  queue: Queue
  users: UserClient
  inventory: InventoryClient
  payments: PaymentClient
  paymentHistory: PaymentHistoryClient
  windows: PaymentWindows
  decisions: DecisionWaiter
  wakeWorker: () => void
  waitMs: number
}

export async function buildApp(deps: OrderDeps): Promise<Server> {
  const app = await buildServer({
    name: 'order',
    config: deps.config,
    logger: deps.logger,
    checkReady: async () => {
      await sql`select 1`.execute(deps.db)
    },
  })
  intakeRoutes(app, deps)
  orderRoutes(app, deps)
  deskRoutes(app, deps)
  reportRoutes(app, deps)
  paymentWindowRoutes(app, deps)
  changeRoutes(app, deps.db)
  parkedRoutes(app, deps)
  auditLogRoutes(app, deps.db)
  eventFeedRoutes(app, deps.db, (_type, row) => presentOrder(row))
  return app
}
