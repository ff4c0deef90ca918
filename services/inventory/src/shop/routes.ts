import { ShopChange, StoredShop } from '@kakilima/contracts/shop'
import type { Db } from '@kakilima/kit/database'
import { addImageRoutes, imageBody } from '@kakilima/kit/image-body'
import type { Server } from '@kakilima/kit/server'
import type { InventoryTables } from '../database.ts'
import type { ImageStore } from '../images/image-store.ts'
import { changeShop, findShop } from './change-shop.ts'
import { setLogo } from './set-logo.ts'
import { presentShop } from './shop.ts'

export async function shopRoutes(
  app: Server,
  db: Db<InventoryTables>,
  store: ImageStore,
  baseUrl: string,
): Promise<void> {
  app.get('/shop', { schema: { summary: 'What the shop says of itself', response: { 200: StoredShop } } }, async () =>
    presentShop(await findShop(db), baseUrl),
  )

  app.put(
    '/shop',
    { schema: { summary: 'Change what the shop says of itself', body: ShopChange, response: { 200: StoredShop } } },
    async (request) => presentShop(await changeShop(db, request.body), baseUrl),
  )

  await addImageRoutes(app, (routes) => {
    routes.put(
      '/shop/logo',
      { schema: { summary: 'Give the shop a logo', ...imageBody, response: { 200: StoredShop } } },
      async (request) => presentShop(await setLogo(db, store, request.body), baseUrl),
    )
  })

  app.delete(
    '/shop/logo',
    { schema: { summary: 'Take the logo off the shop', response: { 200: StoredShop } } },
    async () => presentShop(await setLogo(db, store, undefined), baseUrl),
  )
}
