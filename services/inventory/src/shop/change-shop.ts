import { problem } from '@kakilima/contracts/problems'
import type { ShopChange } from '@kakilima/contracts/shop'
import { isTimeZone } from '@kakilima/contracts/time-zone'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { shopId, type ShopRow } from './shop.ts'

export async function findShop(db: Db<InventoryTables>): Promise<ShopRow> {
  return db.selectFrom('shop').selectAll().where('id', '=', shopId).executeTakeFirstOrThrow()
}

/** Changes any of what the shop says of itself. What is there already is no change. Throws `invalid-input` for an unknown time zone. */
export async function changeShop(
  db: Db<InventoryTables>,
  { name, languages, time_zone, low_stock_at }: ShopChange,
): Promise<ShopRow> {
  if (time_zone !== undefined && !isTimeZone(time_zone))
    throw problem('invalid-input', `body.time_zone is ${time_zone}, which no time zone is called`)
  return changeAsStaff(db, { action: 'shop.update', table: 'shop', id: shopId }, async (tx) => {
    // Locked by the step above.
    const before = await findShop(tx)
    const after = {
      name: name?.trim() ?? before.name,
      languages: languages ?? before.languages,
      time_zone: time_zone ?? before.time_zone,
      low_stock_at: low_stock_at ?? before.low_stock_at,
    }
    const isSame = Object.entries(after).every(
      ([column, value]) => JSON.stringify(value) === JSON.stringify(before[column as keyof typeof after]),
    )
    if (isSame) return before
    return tx
      .updateTable('shop')
      .set({ ...after, version: sql`version + 1`, updated_at: sql`clock_timestamp()` })
      .where('id', '=', shopId)
      .returningAll()
      .executeTakeFirstOrThrow()
  })
}
