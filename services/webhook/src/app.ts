import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import type { WebhookConfig } from './config.ts'
import type { WebhookTables } from './database.ts'

export type WebhookDeps = { config: WebhookConfig; db: Db<WebhookTables>; logger: Logger }

export async function buildApp({ config, db, logger }: WebhookDeps): Promise<Server> {
  return buildServer({
    name: 'webhook',
    config,
    logger,
    checkReady: async () => {
      await sql`select 1`.execute(db)
    },
  })
}
