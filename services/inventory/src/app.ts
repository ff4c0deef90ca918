import { resolve } from 'node:path'
import { longestSheetMs } from '@kakilima/contracts/product-sheets'
import { auditLogRoutes } from '@kakilima/kit/audit-log-routes'
import type { Db } from '@kakilima/kit/database'
import { eventFeedRoutes } from '@kakilima/kit/event-feed-routes'
import type { Logger } from '@kakilima/kit/logger'
import { buildServer, type Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import { categoryRoutes } from './categories/routes.ts'
import type { InventoryConfig } from './config.ts'
import type { InventoryTables } from './database.ts'
import { folderImageStore } from './images/image-store.ts'
import { imageRoutes } from './images/routes.ts'
import { serveImages } from './images/serve-images.ts'
import { deskRoutes } from './products/desk-routes.ts'
import { presentEvent } from './products/present-event.ts'
import { productRoutes } from './products/routes.ts'
import { reservationRoutes } from './reservations/routes.ts'
import { sheetRoutes } from './sheets/routes.ts'
import { shopRoutes } from './shop/routes.ts'
import { stockRoutes } from './stock/routes.ts'

export type InventoryDeps = { config: InventoryConfig; db: Db<InventoryTables>; logger: Logger }

export async function buildApp({ config, db, logger }: InventoryDeps): Promise<Server> {
  const app = await buildServer({
    name: 'inventory',
    config,
    logger,
    longestRequestMs: longestSheetMs,
    checkReady: async () => {
      await sql`select 1`.execute(db)
    },
  })
  const imagesUrl = config.IMAGES_URL ?? config.INVENTORY_URL
  productRoutes(app, db, imagesUrl)
  stockRoutes(app, db, imagesUrl)
  const store = folderImageStore(resolve(config.IMAGES_FOLDER))
  deskRoutes(app, db, store, imagesUrl)
  await sheetRoutes(app, db, logger, imagesUrl)
  await categoryRoutes(app, db, store, imagesUrl)
  await imageRoutes(app, db, store, imagesUrl)
  await shopRoutes(app, db, store, imagesUrl)
  reservationRoutes(app, db)
  auditLogRoutes(app, db)
  eventFeedRoutes(app, db, presentEvent(imagesUrl))
  await serveImages(app, config.IMAGES_FOLDER)
  return app
}
