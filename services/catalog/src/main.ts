import { listen } from '@kakilima/kit/server'
import { migrationsBeside, openServiceDatabase, type ServiceModule } from '@kakilima/kit/service'
import { buildApp } from './app.ts'
import { type CatalogConfig, catalogSettings, readCatalogConfig } from './config.ts'
import type { CatalogTables } from './database.ts'

export const catalog: ServiceModule<CatalogConfig> = {
  name: 'catalog',
  databaseVariable: 'CATALOG_DATABASE_URL',
  urlVariable: 'CATALOG_URL',
  settings: catalogSettings,
  readConfig: readCatalogConfig,
  databaseUrl: (config) => config.CATALOG_DATABASE_URL,
  migrations: [{ folder: migrationsBeside(import.meta.url), ledger: 'migrations' }],

  async start(config, logger) {
    const db = openServiceDatabase<CatalogTables>('catalog', config.CATALOG_DATABASE_URL, config, logger)
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
