import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import type { CatalogConfig } from './config.ts'
import type { CatalogTables } from './database.ts'

export type CatalogDeps = { config: CatalogConfig; db: Db<CatalogTables>; logger: Logger }

export async function buildApp({ config, db, logger }: CatalogDeps): Promise<Server> {
  return buildServer({
    name: 'catalog',
    config,
    logger,
    checkReady: async () => {
      await sql`select 1`.execute(db)
    },
  })
}
