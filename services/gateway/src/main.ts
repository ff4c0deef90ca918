import { sessionClient, userClient } from '@kakilima/contracts/clients'
import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import {
  auditLogClient,
  catalogClient,
  categoryClient,
  customerClient,
  deskProductClient,
  imageClient,
  paymentDeskClient,
  productClient,
  staffClient,
  shopClient,
  webhookClient,
} from '@kakilima/contracts/shop-clients'
import { longestSheetMs } from '@kakilima/contracts/product-sheets'
import { clientOf } from '@kakilima/kit/client-of'
import { listOf } from '@kakilima/kit/config'
import { createNeighbor } from '@kakilima/kit/http-client'
import { startPatience } from '@kakilima/kit/patience'
import { listen } from '@kakilima/kit/server'
import { openServiceDatabase, type ServiceModule } from '@kakilima/kit/service'
import { openQueue } from '@kakilima/queue/open-queue'
import { buildApp } from './app.ts'
import { watchEndedSessions } from './auth/ended-sessions.ts'
import { createTokens } from './auth/tokens.ts'
import { type GatewayConfig, gatewaySettings, readGatewayConfig } from './config.ts'
import { orderFeedOf } from './live/order-feed.ts'
import { shareOrderFeed } from './live/shared-order-feed.ts'
import { watchQueue } from './orders/queue-gauge.ts'
import { watchPaymentMethods } from './payment-methods/watch-payment-methods.ts'
import { rateWindowMs } from './rate-limits.ts'
import { openSharedCounts } from './shared-counts.ts'
import { watchShop } from './shop/watch-shop.ts'
import { readBuiltPages } from './web/built-pages.ts'

export const gateway: ServiceModule<GatewayConfig> = {
  name: 'gateway',
  // Only through the queue, whose tables live there.
  sharesDatabaseOf: 'order',
  databaseVariable: 'ORDER_DATABASE_URL',
  urlVariable: 'GATEWAY_URL',
  settings: gatewaySettings,
  readConfig: readGatewayConfig,
  databaseUrl: (config) => config.ORDER_DATABASE_URL,
  // The queue's tables are the order service's to make.
  migrations: [],

  async start(config, logger, { startAudit } = {}) {
    const db = openServiceDatabase<unknown>('gateway', config.ORDER_DATABASE_URL, config, logger)
    const token = config.SERVICE_TOKEN
    const neighbors = {
      user: createNeighbor({ name: 'user', url: config.USER_URL, token }),
      inventory: createNeighbor({ name: 'inventory', url: config.INVENTORY_URL, token }),
      // By connections of their own: pictures take longer than answers do, on the way in and to slow readers.
      images: createNeighbor({ name: 'inventory', url: config.INVENTORY_URL, token, timeoutMs: 30_000 }),
      // The answer to a sheet begins when all of it has come.
      sheets: createNeighbor({ name: 'inventory', url: config.INVENTORY_URL, token, timeoutMs: longestSheetMs }),
      order: createNeighbor({ name: 'order', url: config.ORDER_URL, token }),
      // By connections of their own, for what takes its time.
      reports: createNeighbor({ name: 'order', url: config.ORDER_URL, token, timeoutMs: 30_000 }),
      payment: createNeighbor({ name: 'payment', url: config.PAYMENT_URL, token }),
      webhook: createNeighbor({ name: 'webhook', url: config.WEBHOOK_URL, token }),
      // Without the token: whoever shows it sees what is not published, too, and pages are for everybody.
      catalog: createNeighbor({ name: 'catalog', url: config.CATALOG_URL, token: undefined }),
      items: createNeighbor({ name: 'catalog', url: config.CATALOG_URL, token: undefined }),
    }
    const queue = await openQueue({
      db,
      redisUrl: config.REDIS_URL,
      name: 'gateway',
      logger,
      patience: startPatience(logger),
    })
    const sharedCounts =
      config.REDIS_URL === undefined ? undefined : await openSharedCounts(config.REDIS_URL, rateWindowMs, logger)
    // Whoever follows changes asks again anyway.
    const orderFeed = orderFeedOf(clientOf(orderEndpoints, neighbors.order, { tries: 1 }))
    const sharedFeed =
      config.REDIS_URL === undefined ? undefined : await shareOrderFeed(config.REDIS_URL, orderFeed, logger)
    const sessions = sessionClient(neighbors.user.call)
    const gauge = watchQueue(queue, { orders: config.QUEUE_LIMIT_ORDERS, seconds: config.QUEUE_LIMIT_SECONDS }, logger)
    const ended = watchEndedSessions(sessions, logger)
    const shopSettings = shopClient(neighbors.inventory.call)
    const shop = watchShop(shopSettings, config.SHOP_NAME, logger)
    const payments = paymentDeskClient(neighbors.payment.call)
    const orders = clientOf(orderEndpoints, neighbors.order)
    const app = await buildApp({
      config,
      logger,
      queue,
      gauge,
      sharedCounts,
      tokens: createTokens(listOf(config.JWT_SECRETS)),
      ended,
      sessions,
      users: userClient(neighbors.user.call),
      customers: customerClient(neighbors.user.call),
      staff: staffClient(neighbors.user.call),
      products: productClient(neighbors.inventory.call),
      deskProducts: deskProductClient(neighbors.inventory.page),
      categories: categoryClient(neighbors.inventory.call),
      images: imageClient(neighbors.images.call),
      shop,
      shopSettings,
      streamSheet: neighbors.sheets.stream,
      openImage: neighbors.images.open,
      orders,
      reports: clientOf(orderEndpoints, neighbors.reports),
      openOrders: neighbors.reports.open,
      orderFeed: sharedFeed ?? orderFeed,
      payments,
      paymentMethods: watchPaymentMethods(payments, orders),
      webhooks: webhookClient(neighbors.webhook.call),
      catalog: catalogClient(neighbors.catalog.call),
      openItems: neighbors.items.open,
      storefront: config.STOREFRONT_FOLDER === undefined ? undefined : await readBuiltPages(config.STOREFRONT_FOLDER),
      admin: config.ADMIN_FOLDER === undefined ? undefined : await readBuiltPages(config.ADMIN_FOLDER, '/admin/'),
      startAudit,
      auditLogs: {
        user: auditLogClient(neighbors.user.call),
        inventory: auditLogClient(neighbors.inventory.call),
        order: auditLogClient(neighbors.order.call),
        payment: auditLogClient(neighbors.payment.call),
        webhook: auditLogClient(neighbors.webhook.call),
      },
    })
    const port = await listen(app, config)
    return {
      port,
      close: async () => {
        await app.close()
        await Promise.all([gauge.stop(), ended.stop(), shop.stop()])
        await queue.close()
        await Promise.all([sharedCounts?.close(), sharedFeed?.close()])
        await Promise.all(Object.values(neighbors).map((neighbor) => neighbor.close()))
        await db.destroy()
      },
    }
  },
}
