import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'

/** Empties the queue in an order database: no order waits, nobody has the lease, and what earlier tests left behind is passed. */
export async function emptyQueue(db: Db<any>): Promise<void> {
  await sql`truncate new_orders, parked_orders`.execute(db)
  await sql`
    update new_orders_progress
    set undecided = int8multirange(int8range(drawn + 1, null)), position = drawn, decided = 0, leased_by = null,
      leased_until = '-infinity'
    from (select nextval('new_orders_positions') as drawn) as latest`.execute(db)
}
