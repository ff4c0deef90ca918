import { listen } from '@kakilima/kit/server'
import { migrationsBeside, openServiceDatabase, type ServiceModule } from '@kakilima/kit/service'
import { buildApp } from './app.ts'
import { type WebhookConfig, webhookSettings, readWebhookConfig } from './config.ts'
import type { WebhookTables } from './database.ts'

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
    const app = await buildApp({ config, db, logger })
    const port = await listen(app, config)
    return {
      port,
      close: async () => {
        await app.close()
        await db.destroy()
      },
    }
  },
}
