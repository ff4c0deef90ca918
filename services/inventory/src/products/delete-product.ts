import { problem } from '@kakilima/contracts/problems'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { addToOutbox } from '@kakilima/kit/outbox'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'

/** Takes a product out of every list. The row stays: old orders name it, and its ledger must still add up. */
export async function deleteProduct(db: Db<InventoryTables>, id: number): Promise<void> {
  await changeAsStaff(db, { action: 'product.delete', table: 'products', id }, async (tx) => {
    const product = await tx
      .updateTable('products')
      .set({ deleted_at: sql`clock_timestamp()`, updated_at: sql`clock_timestamp()`, version: sql`version + 1` })
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .where('reserved', '=', 0)
      .returning(['id', 'version'])
      .executeTakeFirst()
    if (product === undefined) throw await whyNot(tx, id)
    await addToOutbox(tx, [{ type: 'product.deleted', subject_id: id, version: product.version, data: product }], false)
  })
}

async function whyNot(tx: Db<InventoryTables>, id: number) {
  const product = await tx
    .selectFrom('products')
    .select('reserved')
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (product === undefined) return problem('product-not-found', 'Product not found')
  return problem('product-in-open-orders', `Open orders hold ${product.reserved} units of this product`)
}
