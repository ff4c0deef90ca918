import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createCategory } from '@kakilima/inventory/categories/create-category'
import type { InventoryTables } from '@kakilima/inventory/database'
import type { StoredImage } from '@kakilima/inventory/images/image'
import { createProducts } from '@kakilima/inventory/products/create-product'
import { type Db, openDatabase } from '@kakilima/kit/database'
import { sql } from 'kysely'
import { demoShop, type WithPicture } from './demo-shop.ts'
import { drawnSize } from './draw-picture.ts'

/**
 * Fills an inventory that has never had a product with the demo shop, in one transaction: a crash leaves it empty and not half full.
 * Returns how many products it has now, or 0 when there was something, which is never touched.
 */
export async function fillDemoShop(databaseUrl: string, imagesFolder: string): Promise<number> {
  // The connection is in use until the end, so whatever breaks it reaches the query.
  const ignoreIdleErrors = () => undefined
  const db = openDatabase<InventoryTables>(databaseUrl, {
    poolSize: 1,
    applicationName: 'kakilima seed',
    onIdleError: ignoreIdleErrors,
  })
  try {
    return await db.transaction().execute(async (tx) => {
      // Nobody may add a product between the look and the filling, nor fill the shop a second time.
      await sql`lock table products in share row exclusive mode`.execute(tx)
      // Deleted products still have their rows, so a shop that was emptied by hand is not filled again.
      const anything = await tx
        .selectFrom('products')
        .select('id')
        .unionAll(tx.selectFrom('categories').select('id'))
        .limit(1)
        .executeTakeFirst()
      if (anything !== undefined) return 0

      const { categories, products } = await demoShop()
      const folder = join(imagesFolder, 'demo')
      await mkdir(folder, { recursive: true })
      // The pictures first: one without a product does no harm, a product without its picture would.
      await Promise.all([...categories, ...products].map(({ file, svg }) => writeFile(join(folder, file), svg)))
      for (const { input, image } of await withImages(tx, categories)) await createCategory(tx, input, image)
      const pictured = await withImages(tx, products)
      await createProducts(
        tx,
        pictured.map(({ input, image }) => ({ input, images: [image] })),
      )
      return products.length
    })
  } finally {
    await db.destroy()
  }
}

async function withImages<Input>(
  tx: Db<InventoryTables>,
  drawn: WithPicture<Input>[],
): Promise<{ input: Input; image: StoredImage }[]> {
  const { rows } = await sql<{ id: number }>`
    select nextval('image_ids') as id from generate_series(1, ${drawn.length}::int)`.execute(tx)
  return drawn.map(({ input, file }, index) => {
    const files = [{ name: `demo/${file}`, width: drawnSize }]
    return { input, image: { id: rows[index]!.id, files, width: drawnSize, height: drawnSize } }
  })
}
