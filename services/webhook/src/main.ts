import { contactClient } from '@kakilima/contracts/clients'
import { eventFeedClient, productClient, shopClient } from '@kakilima/contracts/shop-clients'
import { createNeighbor } from '@kakilima/kit/http-client'
import { isDatabaseAway } from '@kakilima/kit/database'
import { startPatience, withPatience } from '@kakilima/kit/patience'
import { listen } from '@kakilima/kit/server'
import { migrationsBeside, openServiceDatabase, type ServiceModule } from '@kakilima/kit/service'
import { buildApp } from './app.ts'
import { readWebhookConfig, type WebhookConfig, webhookSettings } from './config.ts'
import type { WebhookTables } from './database.ts'
import { startTrimming } from './deliveries/trim-deliveries.ts'
import { openMail } from './messages/open-mail.ts'
import { runReceivers } from './run-receivers.ts'
import { keepEnvironmentReceivers, receiversOf } from './subscriptions/environment-receivers.ts'

export const webhook: ServiceModule<WebhookConfig> = {
  name: 'webhook',
  databaseVariable: 'WEBHOOK_DATABASE_URL',
  urlVariable: 'WEBHOOK_URL',
  settings: webhookSettings,
  readConfig: readWebhookConfig,
  databaseUrl: (config) => config.WEBHOOK_DATABASE_URL,
  migrations: [{ folder: migrationsBeside(import.meta.url), ledger: 'migrations' }],

  async start(config, logger) {
    const db = openServiceDatabase<WebhookTables>('webhook', config.WEBHOOK_DATABASE_URL, config, logger)
    const token = config.SERVICE_TOKEN
    const neighbors = {
      user: createNeighbor({ name: 'user', url: config.USER_URL, token }),
      inventory: createNeighbor({ name: 'inventory', url: config.INVENTORY_URL, token }),
      order: createNeighbor({ name: 'order', url: config.ORDER_URL, token }),
      payment: createNeighbor({ name: 'payment', url: config.PAYMENT_URL, token }),
    }
    const feeds = {
      inventory: eventFeedClient(neighbors.inventory.call),
      order: eventFeedClient(neighbors.order.call),
      payment: eventFeedClient(neighbors.payment.call),
    }
    const mail = openMail(config, logger)
    const shop = shopClient(neighbors.inventory.call)
    const environment = receiversOf(config, mail.url)
    await withPatience(startPatience(logger), 'the webhook database', isDatabaseAway, () =>
      keepEnvironmentReceivers(db, environment),
    )
    const app = await buildApp({ config, db, logger, feeds, onChanged: () => receivers.wake() })
    const port = await listen(app, config)
    const retryHours = config.WEBHOOK_RETRY_HOURS
    const receivers = runReceivers({
      db,
      logger,
      feeds,
      products: productClient(neighbors.inventory.call),
      environment,
      messages: {
        channel: mail,
        contacts: contactClient(neighbors.user.call),
        // Asked for each message: one that is told a minute later is better than one in a name that the shop does not have any more.
        findShop: async () => ({
          name: (await shop.get()).name ?? config.SHOP_NAME,
          url: config.SHOP_URL ?? config.GATEWAY_URL,
        }),
        timeoutMs: config.MAIL_TIMEOUT_SECONDS * 1000,
      },
      timeoutMs: config.WEBHOOK_TIMEOUT_SECONDS * 1000,
      retryHours,
    })
    const trimming = startTrimming(db, logger, { keepHours: config.DELIVERIES_KEEP_HOURS, retryHours })
    return {
      port,
      close: async () => {
        await app.close()
        await Promise.all([receivers.stop(), trimming.stop()])
        await mail.close()
        await Promise.all(Object.values(neighbors).map((neighbor) => neighbor.close()))
        await db.destroy()
      },
    }
  },
}
