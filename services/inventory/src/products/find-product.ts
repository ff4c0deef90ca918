import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import type { InventoryTables } from '../database.ts'
import type { ProductRow } from './product.ts'

/** The product, unless it is gone: then throws `product-not-found`. */
export async function findProduct(db: Db<InventoryTables>, id: number): Promise<ProductRow> {
  const product = await db
    .selectFrom('products')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (product === undefined) throw problem('product-not-found', 'Product not found')
  return product
}
