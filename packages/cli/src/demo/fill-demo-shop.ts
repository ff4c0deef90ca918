import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InventoryTables } from '@kakilima/inventory/database'
import { createProduct } from '@kakilima/inventory/products/create-product'
import { openDatabase } from '@kakilima/kit/database'
import { sql } from 'kysely'
import { demoProducts } from './demo-products.ts'

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
      const anything = await tx.selectFrom('products').select('id').limit(1).executeTakeFirst()
      if (anything !== undefined) return 0

      const products = await demoProducts()
      const folder = join(imagesFolder, 'demo')
      await mkdir(folder, { recursive: true })
      // The pictures first: one without a product does no harm, a product without its picture would.
      await Promise.all(products.map(({ file, svg }) => writeFile(join(folder, file), svg)))
      for (const { input } of products) await createProduct(tx, input)
      return products.length
    })
  } finally {
    await db.destroy()
  }
}
