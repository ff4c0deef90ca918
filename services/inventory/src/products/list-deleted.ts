import type { Tombstone } from '@kakilima/contracts/inventory'
import type { ListQuery } from '@kakilima/contracts/lists'
import type { Db } from '@kakilima/kit/database'
import { page } from '@kakilima/kit/lists'
import type { InventoryTables } from '../database.ts'

/** A page of the products that are gone. */
export async function listDeleted(
  db: Db<InventoryTables>,
  paging: ListQuery,
): Promise<{ rows: Tombstone[]; hasMore: boolean }> {
  return page(db.selectFrom('products').select(['id', 'version']).where('deleted_at', 'is not', null), 'id', paging)
}
