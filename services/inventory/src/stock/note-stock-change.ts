import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'

/**
 * Notes in the transaction of a change that others are to hear of these products' numbers. A product that is noted already costs
 * a lock and no write, so a flash sale stays quiet: see `announceStock`, which waits for the lock.
 */
export async function noteStockChange(tx: Db<InventoryTables>, productIds: number[]): Promise<void> {
  await sql`
    insert into stock_changes (product_id)
    select id from unnest(${productIds}::int8[]) as id order by id
    on conflict (product_id) do update set product_id = excluded.product_id where false`.execute(tx)
}
