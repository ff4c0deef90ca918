import { auditLogRoutes } from '@kakilima/kit/audit-log-routes'
import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import type { WebhookConfig } from './config.ts'
import type { WebhookTables } from './database.ts'
import { deliveryRoutes } from './deliveries/routes.ts'
import type { Feeds } from './subscriptions/feed-positions.ts'
import { subscriptionRoutes } from './subscriptions/routes.ts'

export type WebhookDeps = {
  config: WebhookConfig
  db: Db<WebhookTables>
  logger: Logger
  feeds: Feeds
  /** Told when there may be something to send, or somebody else to send it to. */
  onChanged: () => void
}

export async function buildApp(deps: WebhookDeps): Promise<Server> {
  const app = await buildServer({
    name: 'webhook',
    config: deps.config,
    logger: deps.logger,
    // Whoever may subscribe hears of every order: no page opened from a file is let in, as old clients are elsewhere.
    closedToPages: true,
    checkReady: async () => {
      await sql`select 1`.execute(deps.db)
    },
  })
  subscriptionRoutes(app, deps)
  deliveryRoutes(app, deps)
  auditLogRoutes(app, deps.db)
  return app
}
