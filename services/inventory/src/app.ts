import { auditLogRoutes } from '@kakilima/kit/audit-log-routes'
import type { Db } from '@kakilima/kit/database'
import { eventFeedRoutes } from '@kakilima/kit/event-feed-routes'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import type { InventoryConfig } from './config.ts'
import type { InventoryTables } from './database.ts'
import { imageRoutes } from './images.ts'
import { presentEvent } from './products/present-event.ts'
import { productRoutes } from './products/routes.ts'
import { reservationRoutes } from './reservations/routes.ts'
import { stockRoutes } from './stock/routes.ts'

export type InventoryDeps = { config: InventoryConfig; db: Db<InventoryTables>; logger: Logger }

export async function buildApp({ config, db, logger }: InventoryDeps): Promise<Server> {
  const app = await buildServer({
    name: 'inventory',
    config,
    logger,
    checkReady: async () => {
      await sql`select 1`.execute(db)
    },
  })
  productRoutes(app, db, config.INVENTORY_URL)
  stockRoutes(app, db, config.INVENTORY_URL)
  reservationRoutes(app, db)
  auditLogRoutes(app, db)
  eventFeedRoutes(app, db, presentEvent(config.INVENTORY_URL))
  await imageRoutes(app, config.IMAGES_FOLDER)
  return app
}
