import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import type { SessionClient } from '@kakilima/contracts/clients'
import type {
  CustomerClient,
  OrderDeskClient,
  PaymentDeskClient,
  ProductClient,
} from '@kakilima/contracts/shop-clients'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import type { Queue } from '@kakilima/queue/queue'
import { guardRoutes } from './auth/authorize.ts'
import type { EndedSessions } from './auth/ended-sessions.ts'
import { authRoutes } from './auth/routes.ts'
import type { Tokens } from './auth/tokens.ts'
import { type GatewayConfig, listOf } from './config.ts'
import type { QueueGauge } from './orders/queue-gauge.ts'
import { orderRoutes } from './orders/routes.ts'
import { paymentRoutes } from './payments/routes.ts'
import { productRoutes } from './products/routes.ts'
import { rateLimits } from './rate-limits.ts'

export type GatewayDeps = {
  config: GatewayConfig
  logger: Logger
  queue: Queue
  gauge: QueueGauge
  tokens: Tokens
  ended: EndedSessions
  sessions: SessionClient
  customers: CustomerClient
  products: ProductClient
  orders: OrderDeskClient
  payments: PaymentDeskClient
}

export async function buildApp(deps: GatewayDeps): Promise<Server> {
  const origins = listOf(deps.config.CORS_ORIGINS)
  const app = await buildServer({
    name: 'gateway',
    config: deps.config,
    logger: deps.logger,
    publicOrigins: origins,
    checkReady: async () => {
      await deps.queue.depth()
    },
  })
  await app.register(helmet, { global: true, contentSecurityPolicy: false })
  await app.register(cookie)
  const limits = await rateLimits(app, deps.config)
  guardRoutes(app, deps.tokens, deps.ended, origins)
  authRoutes(app, deps, limits)
  productRoutes(app, deps)
  orderRoutes(app, deps, limits)
  paymentRoutes(app, deps)
  return app
}
