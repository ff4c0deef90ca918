import cookie from '@fastify/cookie'
import type { SessionClient } from '@kakilima/contracts/clients'
import type {
  CustomerClient,
  OrderDeskClient,
  OrderFeedClient,
  PaymentDeskClient,
  ProductClient,
} from '@kakilima/contracts/shop-clients'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import type { Queue } from '@kakilima/queue/queue'
import type { AuditLogs } from './audit-log/list-audit-log.ts'
import { auditLogRoutes } from './audit-log/routes.ts'
import { guardRoutes } from './auth/authorize.ts'
import type { EndedSessions } from './auth/ended-sessions.ts'
import { authRoutes } from './auth/routes.ts'
import type { Tokens } from './auth/tokens.ts'
import { type GatewayConfig, listOf } from './config.ts'
import { customerRoutes } from './customers/routes.ts'
import { addSecurityHeaders } from './headers.ts'
import { livePath, liveRoutes } from './live/routes.ts'
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
  orderFeed: OrderFeedClient
  payments: PaymentDeskClient
  auditLogs: AuditLogs
}

export async function buildApp(deps: GatewayDeps): Promise<Server> {
  const origins = listOf(deps.config.CORS_ORIGINS)
  const app = await buildServer({
    name: 'gateway',
    config: deps.config,
    logger: deps.logger,
    publicOrigins: origins,
    webSocketPath: livePath,
    trustedProxies: listOf(deps.config.TRUSTED_PROXIES),
    checkReady: async () => {
      deps.ended.requireLoaded()
      await deps.queue.depth()
    },
  })
  addSecurityHeaders(app, deps.config.NODE_ENV === 'production')
  await app.register(cookie)
  const limits = await rateLimits(app, deps.config)
  guardRoutes(app, deps.tokens, deps.ended, origins)
  authRoutes(app, deps, limits)
  customerRoutes(app, deps)
  productRoutes(app, deps)
  orderRoutes(app, deps, limits)
  paymentRoutes(app, deps)
  auditLogRoutes(app, deps)
  await liveRoutes(app, deps, { origins, maxSockets: deps.config.LIVE_LIMIT_SOCKETS })
  return app
}
