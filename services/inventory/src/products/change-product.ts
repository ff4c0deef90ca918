import type { ProductChange } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { addToOutbox } from '@kakilima/kit/outbox'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { noteStockChange } from '../stock/note-stock-change.ts'
import type { ProductRow } from './product.ts'

/** Changes any of a product's fields. `stock` sets the units on hand (a count), which may not fall below what is reserved. */
export async function changeProduct(db: Db<InventoryTables>, id: number, change: ProductChange): Promise<ProductRow> {
  const { name, price, stock, description, sku, category, image, status, weight_grams } = change
  return changeAsStaff(db, { action: 'product.update', table: 'products', id }, async (tx) => {
    // Locked, so that the difference written to the ledger is the difference that was made.
    const before = await tx
      .selectFrom('products')
      .selectAll()
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (before === undefined) throw problem('product-not-found', 'Product not found')
    if (stock !== undefined && stock < before.reserved) {
      throw problem('insufficient-stock', `Not enough stock available: ${before.reserved} units are reserved`)
    }
    const product = await tx
      .updateTable('products')
      .set({
        ...(name !== undefined && { name: name.trim() }),
        ...(price !== undefined && { price }),
        ...(stock !== undefined && { stock }),
        ...(description !== undefined && { description }),
        ...(sku !== undefined && { sku }),
        ...(category !== undefined && { category }),
        ...(image !== undefined && { image }),
        ...(status !== undefined && { status }),
        ...(weight_grams !== undefined && { weight_grams }),
        version: sql`version + 1`,
        updated_at: sql`clock_timestamp()`,
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    const difference = product.stock - before.stock
    if (difference !== 0) {
      await tx.insertInto('stock_movements').values({ product_id: id, quantity: difference, reason: 'count' }).execute()
      await noteStockChange(tx, [id])
    }
    await addToOutbox(tx, [{ type: 'product.updated', subject_id: id, version: product.version, data: product }], false)
    return product
  })
}
