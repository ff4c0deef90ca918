import cookie from '@fastify/cookie'
import type { SessionClient } from '@kakilima/contracts/clients'
import type {
  CatalogClient,
  CategoryClient,
  CustomerClient,
  ImageClient,
  OrderDeskClient,
  OrderFeedClient,
  PaymentDeskClient,
  ProductClient,
  WebhookClient,
} from '@kakilima/contracts/shop-clients'
import { listOf } from '@kakilima/kit/config'
import type { Neighbor } from '@kakilima/kit/http-client'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import type { Queue } from '@kakilima/queue/queue'
import type { AuditLogs } from './audit-log/list-audit-log.ts'
import { auditLogRoutes } from './audit-log/routes.ts'
import { guardRoutes } from './auth/authorize.ts'
import type { EndedSessions } from './auth/ended-sessions.ts'
import { authRoutes } from './auth/routes.ts'
import type { Tokens } from './auth/tokens.ts'
import { categoryRoutes } from './categories/routes.ts'
import { passOnItems } from './catalog/pass-on-items.ts'
import type { GatewayConfig } from './config.ts'
import { customerRoutes } from './customers/routes.ts'
import { addSecurityHeaders } from './headers.ts'
import { passOnImages } from './images/pass-on-images.ts'
import { imageRoutes } from './images/routes.ts'
import { livePath, liveRoutes } from './live/routes.ts'
import type { QueueGauge } from './orders/queue-gauge.ts'
import { orderRoutes } from './orders/routes.ts'
import { paymentRoutes } from './payments/routes.ts'
import { productRoutes } from './products/routes.ts'
import { rateLimits } from './rate-limits.ts'
import type { SharedCounts } from './shared-counts.ts'
import { webRoutes } from './web/routes.ts'
import type { Storefront } from './web/storefront.ts'
import { webhookRoutes } from './webhooks/routes.ts'

export type GatewayDeps = {
  config: GatewayConfig
  logger: Logger
  queue: Queue
  gauge: QueueGauge
  /** Where several gateways count together for the rate limits, if they do. */
  sharedCounts: SharedCounts | undefined
  tokens: Tokens
  ended: EndedSessions
  sessions: SessionClient
  customers: CustomerClient
  products: ProductClient
  categories: CategoryClient
  images: ImageClient
  /** Asks the inventory service for pictures. */
  openImage: Neighbor['open']
  orders: OrderDeskClient
  orderFeed: OrderFeedClient
  payments: PaymentDeskClient
  webhooks: WebhookClient
  auditLogs: AuditLogs
  catalog: CatalogClient
  /** Asks the catalog as anybody may. */
  openItems: Neighbor['open']
  storefront: Storefront | undefined
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
  const limits = await rateLimits(app, deps.config, deps.sharedCounts)
  guardRoutes(app, deps.tokens, deps.ended, origins)
  authRoutes(app, deps, limits)
  customerRoutes(app, deps)
  productRoutes(app, deps)
  categoryRoutes(app, deps)
  await imageRoutes(app, deps)
  passOnImages(app, deps.openImage)
  passOnItems(app, deps.openItems)
  orderRoutes(app, deps, limits)
  paymentRoutes(app, deps)
  auditLogRoutes(app, deps)
  webhookRoutes(app, deps)
  const imagesUrl = deps.config.IMAGES_URL ?? deps.config.INVENTORY_URL
  await webRoutes(app, { ...deps, siteName: deps.config.SHOP_NAME, imageOrigins: [new URL(imagesUrl).origin] })
  await liveRoutes(app, deps, { origins, maxSockets: deps.config.LIVE_LIMIT_SOCKETS })
  return app
}
