import { createNeighbor } from '@kakilima/kit/http-client'
import { listen } from '@kakilima/kit/server'
import { migrationsBeside, openServiceDatabase, type ServiceModule } from '@kakilima/kit/service'
import { buildApp } from './app.ts'
import { type CatalogConfig, catalogSettings, readCatalogConfig } from './config.ts'
import type { CatalogTables } from './database.ts'
import { createKeptAnswers } from './items/kept-answers.ts'
import { inventorySource } from './inventory-source.ts'
import { followInventory } from './projections/follow-inventory.ts'

/** What anybody may ask for changes nothing, and what takes longer than this is more than one question may cost. */
const readLimits = { readOnly: true, statementTimeoutMs: 2000 }

export const catalog: ServiceModule<CatalogConfig> = {
  name: 'catalog',
  databaseVariable: 'CATALOG_DATABASE_URL',
  urlVariable: 'CATALOG_URL',
  settings: catalogSettings,
  readConfig: readCatalogConfig,
  databaseUrl: (config) => config.CATALOG_DATABASE_URL,
  migrations: [{ folder: migrationsBeside(import.meta.url), ledger: 'migrations' }],

  async start(config, logger) {
    // It does one thing after the other.
    const few = { ...config, DATABASE_POOL_SIZE: 2 }
    const db = openServiceDatabase<CatalogTables>('catalog', config.CATALOG_DATABASE_URL, few, logger)
    const inventory = createNeighbor({ name: 'inventory', url: config.INVENTORY_URL, token: config.SERVICE_TOKEN })
    const reads = openServiceDatabase<CatalogTables>('catalog', config.CATALOG_DATABASE_URL, config, logger, readLimits)
    const kept = createKeptAnswers(config.KEPT_ANSWERS_MB * 1024 * 1024)
    const app = await buildApp({ config, db: reads, kept, logger })
    const port = await listen(app, config)
    const following = followInventory({
      db,
      source: inventorySource(inventory.call),
      logger,
      onChanged: kept.drop,
    })
    return {
      port,
      close: async () => {
        await app.close()
        await following.stop()
        await inventory.close()
        await reads.destroy()
        await db.destroy()
      },
    }
  },
}
