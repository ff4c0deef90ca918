import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { type Loop, startLoop } from '@kakilima/kit/loop'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'

/**
 * Turns the noted changes into one `stock.changed` event a product with the numbers as they are now. A change that commits while this
 * runs waits for it and is noted again, so none is lost. Returns how many products were announced.
 */
export async function announceStock(db: Db<InventoryTables>): Promise<number> {
  const { numAffectedRows } = await sql`
    with noted as (delete from stock_changes returning product_id)
    insert into outbox (type, subject_id, version, data)
    select 'stock.changed', id, version, jsonb_build_object(
      'id', id, 'version', version, 'stock', stock, 'reserved', reserved, 'available', stock - reserved)
    from noted join products on id = product_id`.execute(db)
  return Number(numAffectedRows ?? 0)
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
