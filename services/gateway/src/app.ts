import cookie from '@fastify/cookie'
import type { SessionClient, UserClient } from '@kakilima/contracts/clients'
import type { OrderClient } from '@kakilima/contracts/order/endpoints'
import type {
  CatalogClient,
  CategoryClient,
  CustomerClient,
  DeskProductClient,
  ImageClient,
  PaymentDeskClient,
  ProductClient,
  StaffClient,
  ShopClient,
  WebhookClient,
} from '@kakilima/contracts/shop-clients'
import { longestSheetMs } from '@kakilima/contracts/product-sheets'
import { listOf } from '@kakilima/kit/config'
import type { Neighbor } from '@kakilima/kit/http-client'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import type { Queue } from '@kakilima/queue/queue'
import { auditRoutes } from './audit/routes.ts'
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
import { deskRoutes } from './desk/routes.ts'
import { securityHeaders } from './headers.ts'
import { passOnImages } from './images/pass-on-images.ts'
import { imageRoutes } from './images/routes.ts'
import { livePath, liveRoutes } from './live/routes.ts'
import type { OrderFeed } from './live/order-feed.ts'
import type { SharedOrderFeed } from './live/shared-order-feed.ts'
import type { QueueGauge } from './orders/queue-gauge.ts'
import { orderRoutes } from './orders/routes.ts'
import { paymentMethodRoutes } from './payment-methods/routes.ts'
import type { PaymentMethods } from './payment-methods/watch-payment-methods.ts'
import { paymentRoutes } from './payments/routes.ts'
import { deskProductRoutes } from './products/desk-routes.ts'
import { movementRoutes } from './products/movement-routes.ts'
import { productRoutes } from './products/routes.ts'
import { sheetRoutes } from './products/sheet-routes.ts'
import { reportRoutes } from './reports/routes.ts'
import { rateLimits } from './rate-limits.ts'
import type { SharedCounts } from './shared-counts.ts'
import { shopRoutes } from './shop/routes.ts'
import type { ShopWatch } from './shop/watch-shop.ts'
import { staffRoutes } from './staff/routes.ts'
import { systemRoutes } from './system/routes.ts'
import { adminRoutes } from './web/admin-routes.ts'
import type { BuiltPages } from './web/built-pages.ts'
import { webRoutes } from './web/routes.ts'
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
  users: UserClient
  staff: StaffClient
  products: ProductClient
  deskProducts: DeskProductClient
  categories: CategoryClient
  images: ImageClient
  shop: ShopWatch
  shopSettings: ShopClient
  /** Asks the inventory service for sheets of products, and brings them. */
  streamSheet: Neighbor['stream']
  /** Asks the inventory service for pictures. */
  openImage: Neighbor['open']
  orders: OrderClient
  /** The same by connections of their own, for what takes its time. */
  reports: Pick<OrderClient, 'reportSales'>
  /** Asks the order service for what is long. */
  openOrders: Neighbor['open']
  orderFeed: OrderFeed | SharedOrderFeed
  payments: PaymentDeskClient
  paymentMethods: PaymentMethods
  webhooks: WebhookClient
  auditLogs: AuditLogs
  catalog: CatalogClient
  /** Asks the catalog as anybody may. */
  openItems: Neighbor['open']
  storefront: BuiltPages | undefined
  admin: BuiltPages | undefined
  /** Runs the auditor, where this process can. */
  startAudit: (() => void) | undefined
}

export async function buildApp(deps: GatewayDeps): Promise<Server> {
  const origins = listOf(deps.config.CORS_ORIGINS)
  const checkReady = async () => {
    deps.ended.requireLoaded()
    await deps.queue.depth()
  }
  const app = await buildServer({
    name: 'gateway',
    config: deps.config,
    logger: deps.logger,
    publicOrigins: origins,
    longestRequestMs: longestSheetMs,
    webSocketPath: livePath,
    trustedProxies: listOf(deps.config.TRUSTED_PROXIES),
    checkReady,
    headersOf: securityHeaders(deps.config.NODE_ENV === 'production'),
  })
  await app.register(cookie)
  const limits = await rateLimits(app, deps.config, deps.sharedCounts)
  const summaries = guardRoutes(app, deps.tokens, deps.ended, origins)
  authRoutes(app, deps, limits)
  customerRoutes(app, deps)
  staffRoutes(app, deps)
  productRoutes(app, deps)
  deskProductRoutes(app, deps)
  movementRoutes(app, deps)
  await sheetRoutes(app, deps)
  categoryRoutes(app, deps)
  await imageRoutes(app, deps)
  await shopRoutes(app, deps)
  passOnImages(app, deps.openImage)
  passOnItems(app, deps.openItems)
  orderRoutes(app, deps, limits)
  deskRoutes(app, deps)
  reportRoutes(app, deps)
  paymentRoutes(app, deps)
  paymentMethodRoutes(app, deps)
  auditLogRoutes(app, deps)
  webhookRoutes(app, deps)
  auditRoutes(app, deps)
  systemRoutes(app, deps, { checkReady, summaries })
  const imagesUrl = deps.config.IMAGES_URL ?? deps.config.INVENTORY_URL
  const imageOrigins = [new URL(imagesUrl).origin]
  await adminRoutes(app, deps.admin, deps.shop.name, imageOrigins)
  await webRoutes(app, { ...deps, imageOrigins })
  await liveRoutes(app, deps, { origins, maxSockets: deps.config.LIVE_LIMIT_SOCKETS })
  return app
}
