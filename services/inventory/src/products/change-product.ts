import type { ProductChange } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { findOrCreateCategory } from '../categories/find-or-create-category.ts'
import type { InventoryTables } from '../database.ts'
import { addMovements } from '../stock/add-movements.ts'
import { lockProduct } from './find-product.ts'
import { isShownAs, type ProductRow } from './product.ts'
import { storeProductChange } from './store-product-change.ts'

/** Changes any of a product's fields. `stock` sets the units on hand (a count), which may not fall below what is reserved. */
export async function changeProduct(db: Db<InventoryTables>, id: number, change: ProductChange): Promise<ProductRow> {
  const { name, price, stock, slug, description, sku, category, image, status, weight_grams } = change
  return inTransaction(db, async (tx) => {
    // First, since whoever renames a category takes its lock before those of its products too.
    const category_id = category === undefined ? undefined : await findOrCreateCategory(tx, category)
    // Locked, so that the difference written to the ledger is the difference that was made.
    const before = await lockProduct(tx, id)
    if (stock !== undefined && stock < before.reserved) {
      throw problem('insufficient-stock', `Not enough stock available: ${before.reserved} units are reserved`)
    }
    const product = await storeProductChange(tx, 'product.update', before, {
      name: name?.trim(),
      price,
      stock,
      slug,
      description,
      sku,
      category_id,
      image: image === undefined || isShownAs(before, image) ? undefined : image,
      status,
      weight_grams,
    })
    const difference = product.stock - before.stock
    if (difference !== 0)
      await addMovements(tx, [{ product_id: id, quantity: difference, reason: 'count', note: null }])
    return product
  })
}
