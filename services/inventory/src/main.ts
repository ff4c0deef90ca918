import { listen } from '@kakilima/kit/server'
import { migrationsBeside, openServiceDatabase, type ServiceModule } from '@kakilima/kit/service'
import { startTrimming } from '@kakilima/kit/trim-outbox'
import { buildApp } from './app.ts'
import { type InventoryConfig, inventorySettings, readInventoryConfig } from './config.ts'
import type { InventoryTables } from './database.ts'
import { startAnnouncingStock } from './stock/announce-stock.ts'

export const inventory: ServiceModule<InventoryConfig> = {
  name: 'inventory',
  databaseVariable: 'INVENTORY_DATABASE_URL',
  urlVariable: 'INVENTORY_URL',
  settings: inventorySettings,
  readConfig: readInventoryConfig,
  databaseUrl: (config) => config.INVENTORY_DATABASE_URL,
  migrations: [{ folder: migrationsBeside(import.meta.url), ledger: 'migrations' }],

  async start(config, logger) {
    const db = openServiceDatabase<InventoryTables>('inventory', config.INVENTORY_DATABASE_URL, config, logger)
    const app = await buildApp({ config, db, logger })
    const port = await listen(app, config)
    const announcing = startAnnouncingStock(db, logger)
    const trimming = startTrimming(db, logger, config.EVENTS_KEEP_MINUTES)
    return {
      port,
      close: async () => {
        await app.close()
        await Promise.all([announcing.stop(), trimming.stop()])
        await db.destroy()
      },
    }
  },
}
