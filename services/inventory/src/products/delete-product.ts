import { problem } from '@kakilima/contracts/problems'
import { addToAuditLog } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { addToOutbox } from '@kakilima/kit/outbox'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { lockProduct } from './find-product.ts'

/** Takes a product out of every list. The row stays: old orders name it, and its ledger must still add up. */
export async function deleteProduct(db: Db<InventoryTables>, id: number): Promise<void> {
  await inTransaction(db, async (tx) => {
    const before = await lockProduct(tx, id)
    if (before.reserved > 0)
      throw problem('product-in-open-orders', `Open orders hold ${before.reserved} units of this product`)
    const product = await tx
      .updateTable('products')
      .set({ deleted_at: sql`clock_timestamp()`, updated_at: sql`clock_timestamp()`, version: sql`version + 1` })
      .where('id', '=', id)
      .returning(['id', 'version'])
      .executeTakeFirstOrThrow()
    await addToOutbox(tx, [{ type: 'product.deleted', subject_id: id, version: product.version, data: product }], false)
    await addToAuditLog(tx, { action: 'product.delete', subject_id: id, before, after: null })
  })
}
