import { listOf } from '@kakilima/kit/config'
import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import type { CatalogConfig } from './config.ts'
import type { CatalogTables } from './database.ts'
import { failureAnswer } from './items/failure-answer.ts'
import { createFindVisibility } from './items/find-visibility.ts'
import type { KeptAnswers } from './items/kept-answers.ts'
import { itemRoutes } from './items/routes.ts'
import { answerKeptFirst } from './server/answer-kept-first.ts'
import { serverRoutes } from './server/routes.ts'

export type CatalogDeps = {
  config: CatalogConfig
  /** Only read from. */
  db: Db<CatalogTables>
  kept: KeptAnswers
  logger: Logger
}

export async function buildApp({ config, db, kept, logger }: CatalogDeps): Promise<Server> {
  const origins = listOf(config.CORS_ORIGINS)
  const app = await buildServer({
    name: 'catalog',
    config,
    logger,
    publicOrigins: origins,
    takesCookies: false,
    describeFailure: failureAnswer,
    checkReady: async () => {
      await sql`select 1`.execute(db)
    },
  })
  const deps = { db, kept, findVisibility: createFindVisibility(config), maxItems: config.QUERY_LIMIT_MAX }
  itemRoutes(app, deps)
  serverRoutes(app, deps)
  // At this level every request gets a line in the log, so every request goes through Fastify.
  if (!logger.isLevelEnabled('debug')) answerKeptFirst(app, kept, config.ALLOWED_HOSTS, origins)
  return app
}
