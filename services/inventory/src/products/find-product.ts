import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import type { InventoryTables } from '../database.ts'
import type { ProductRow } from './product.ts'

/** The products that are not gone, with what their categories are called. */
export function selectProducts(db: Db<InventoryTables>) {
  return db
    .selectFrom('products')
    .selectAll()
    .select((product) => {
      const category = product.selectFrom('categories').whereRef('categories.id', '=', 'products.category_id')
      return [category.select('categories.name').as('category'), category.select('categories.slug').as('category_slug')]
    })
    .where('deleted_at', 'is', null)
}

/** The product, unless it is gone: then throws `product-not-found`. */
export async function findProduct(db: Db<InventoryTables>, id: number): Promise<ProductRow> {
  const product = await selectProducts(db).where('id', '=', id).executeTakeFirst()
  if (product === undefined) throw problem('product-not-found', 'Product not found')
  return product
}

/** The product, which nobody else changes until the transaction ends. Throws `product-not-found` when it is gone. */
export async function lockProduct(tx: Db<InventoryTables>, id: number): Promise<ProductRow> {
  await tx.selectFrom('products').select('id').where('id', '=', id).forNoKeyUpdate().execute()
  // A statement of its own: what it sees of the category was committed before the lock was had.
  return findProduct(tx, id)
}
