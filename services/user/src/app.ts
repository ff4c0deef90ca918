import { auditLogRoutes } from '@kakilima/kit/audit-log-routes'
import { askGateway } from '@kakilima/kit/ask-gateway'
import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import { accountRoutes } from './accounts/routes.ts'
import type { UserConfig } from './config.ts'
import { customerRoutes } from './customers/routes.ts'
import type { UserTables } from './database.ts'
import { createPasswordHasher, type PasswordHasher } from './password-hasher.ts'
import { sessionRoutes } from './sessions/routes.ts'
import type { FindAccount } from './staff/require-admin.ts'
import { staffRoutes } from './staff/routes.ts'
import { userRoutes } from './users/routes.ts'

export type UserDeps = {
  config: UserConfig
  db: Db<UserTables>
  logger: Logger
  hasher?: PasswordHasher
  findAccount?: FindAccount
}

export async function buildApp({
  config,
  db,
  logger,
  hasher = createPasswordHasher(),
  findAccount = (authorization) => askGateway(config.GATEWAY_URL, authorization),
}: UserDeps): Promise<Server> {
  const app = await buildServer({
    name: 'user',
    config,
    logger,
    checkReady: async () => {
      await sql`select 1`.execute(db)
    },
  })
  userRoutes(app, db)
  customerRoutes(app, db)
  accountRoutes(app, db, hasher)
  sessionRoutes(app, db, hasher)
  staffRoutes(app, db, hasher, findAccount)
  auditLogRoutes(app, db)
  return app
}
