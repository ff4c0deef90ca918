import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { productEvents } from '../products/add-product-events.ts'

/**
 * Puts the products of a category into another one, into none, or into the same one, which has new names: a change of each of them,
 * with its event. The transaction must have locked the category for update, so that no product joins it meanwhile.
 */
export async function moveProducts(tx: Db<InventoryTables>, from: number, to: number | null): Promise<void> {
  // In id order, as batches of decisions lock them.
  const { rows } = await sql<{ id: number }>`
    select id from products where category_id = ${from} and deleted_at is null order by id for no key update`.execute(
    tx,
  )
  const ids = rows.map((row) => row.id)
  await sql`
    update products set category_id = ${to}::int8, version = version + 1, updated_at = clock_timestamp()
    where id = any(${ids}::int8[])`.execute(tx)
  await productEvents('product.updated', ids).execute(tx)
}
