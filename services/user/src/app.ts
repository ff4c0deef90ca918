import { auditLogRoutes } from '@kakilima/kit/audit-log-routes'
import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import { accountRoutes } from './accounts/routes.ts'
import type { UserConfig } from './config.ts'
import { contactRoutes } from './contacts/routes.ts'
import type { UserTables } from './database.ts'
import { createPasswordHasher, type PasswordHasher } from './password-hasher.ts'
import { sessionRoutes } from './sessions/routes.ts'
import { userRoutes } from './users/routes.ts'

export type UserDeps = { config: UserConfig; db: Db<UserTables>; logger: Logger; hasher?: PasswordHasher }

export async function buildApp({ config, db, logger, hasher = createPasswordHasher() }: UserDeps): Promise<Server> {
  const app = await buildServer({
    name: 'user',
    config,
    logger,
    checkReady: async () => {
      await sql`select 1`.execute(db)
    },
  })
  userRoutes(app, db)
  contactRoutes(app, db)
  accountRoutes(app, db, hasher)
  sessionRoutes(app, db, hasher)
  auditLogRoutes(app, db)
  return app
}
