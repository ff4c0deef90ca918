import type { StockAdjustment } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { findProduct } from '../products/find-product.ts'
import type { ProductRow } from '../products/product.ts'
import { addMovements } from './add-movements.ts'

const maxStock = 1_000_000_000

/** Changes the units on hand by a signed quantity, never below what is reserved. The ledger keeps why, and a note. */
export async function adjustStock(
  db: Db<InventoryTables>,
  id: number,
  { quantity, reason = 'adjustment', note = null }: StockAdjustment,
): Promise<ProductRow> {
  if (quantity === 0) return findProduct(db, id)
  return changeAsStaff(db, { action: 'product.adjust_stock', table: 'products', id }, async (tx) => {
    const product = await tx
      .updateTable('products')
      .set({ stock: sql`stock + ${quantity}`, version: sql`version + 1`, updated_at: sql`clock_timestamp()` })
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .where(sql<boolean>`stock + ${quantity} between reserved and ${maxStock}`)
      .returning('id')
      .executeTakeFirst()
    if (product === undefined) throw await whyNot(tx, id, quantity)
    await addMovements(tx, [{ product_id: id, quantity, reason, note: note?.trim() || null }])
    return findProduct(tx, id)
  })
}

async function whyNot(tx: Db<InventoryTables>, id: number, quantity: number) {
  const product = await tx
    .selectFrom('products')
    .select('id')
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (product === undefined) return problem('product-not-found', 'Product not found')
  if (quantity > 0) return problem('invalid-input', `body.quantity would bring the stock above ${maxStock}`)
  return problem('insufficient-stock', 'Not enough stock available')
}
