import type { StaffAction } from '@kakilima/contracts/audit-log'
import { problem } from '@kakilima/contracts/problems'
import { addToAuditLog } from '@kakilima/kit/audit-log'
import { type Db, sqlState } from '@kakilima/kit/database'
import { sql, type Updateable } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { addProductEvents } from './add-product-events.ts'
import type { ProductRow } from './product.ts'

const uniqueViolation = '23505'

/**
 * Stores new values of a product that the transaction has locked, with the event and the entry in the audit log. `before` is the
 * product as it was. Where nothing differs nothing is stored. Returns the product as it is then. Throws `slug-taken`.
 */
export async function storeProductChange(
  tx: Db<InventoryTables>,
  action: StaffAction,
  before: ProductRow,
  values: { [Column in keyof ProductRow]?: ProductRow[Column] | undefined },
): Promise<ProductRow> {
  const changed = Object.entries(values).filter(
    ([column, value]) =>
      value !== undefined && JSON.stringify(value) !== JSON.stringify(before[column as keyof ProductRow]),
  )
  if (changed.length === 0) return before
  const columns = Object.fromEntries(
    changed.map(([column, value]) => [column, Array.isArray(value) ? JSON.stringify(value) : value]),
  ) as Updateable<InventoryTables['products']>
  await tx
    .updateTable('products')
    .set({ ...columns, version: sql`version + 1`, updated_at: sql`clock_timestamp()` })
    .where('id', '=', before.id)
    .execute()
    .catch((error: unknown) => {
      // The slug is the only column of these that no two products may share.
      throw sqlState(error) === uniqueViolation ? problem('slug-taken') : error
    })
  const [after] = await addProductEvents(tx, 'product.updated', [before.id])
  await addToAuditLog(tx, { action, subject_id: before.id, before, after: after! })
  return after!
}
