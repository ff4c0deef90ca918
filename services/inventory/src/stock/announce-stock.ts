import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { type Loop, startLoop } from '@kakilima/kit/loop'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'

/**
 * Turns the noted changes into one `stock.changed` event a product with the numbers as they are now. A change that noted a product
 * before this is waited for; one that comes to note it later waits for this and notes it again. So none is lost. Returns how many
 * products were announced.
 */
export async function announceStock(db: Db<InventoryTables>): Promise<number> {
  return inTransaction(db, async (tx) => {
    // In id order, as changes note them, or the two could wait for each other.
    const { rows } = await sql<{ product_id: number }>`
      delete from stock_changes
      where product_id in (select product_id from stock_changes order by product_id for update)
      returning product_id`.execute(tx)
    // A statement of its own: one sees only what was committed when it began, and the first may have waited since.
    await sql`
      insert into outbox (type, subject_id, version, data)
      select 'stock.changed', id, version, jsonb_build_object(
        'id', id, 'version', version, 'stock', stock, 'reserved', reserved, 'available', stock - reserved, 'updated_at', updated_at)
      from products where id = any(${rows.map((row) => row.product_id)}::int8[])`.execute(tx)
    return rows.length
  })
}

/** Announces at most once in 250 ms, which is how often others may be told of one product. */
export function startAnnouncingStock(db: Db<InventoryTables>, logger: Logger): Loop {
  return startLoop({
    name: 'stock announcements',
    logger,
    idleMs: 250,
    round: async () => {
      await announceStock(db)
      return false
    },
  })
}
