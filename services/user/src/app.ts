import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import type { UserConfig } from './config.ts'
import type { UserTables } from './database.ts'
import { userRoutes } from './users/routes.ts'

export type UserDeps = { config: UserConfig; db: Db<UserTables>; logger: Logger }

export async function buildApp({ config, db, logger }: UserDeps): Promise<Server> {
  const app = await buildServer({
    name: 'user',
    config,
    logger,
    checkReady: async () => {
      await sql`select 1`.execute(db)
    },
  })
  userRoutes(app, db)
  return app
}
