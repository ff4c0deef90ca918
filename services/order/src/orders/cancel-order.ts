import type { AskedBy } from '@kakilima/contracts/asked-by'
import { problem } from '@kakilima/contracts/problems'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { storeTransition } from '@kakilima/kit/transition'
import { sql } from 'kysely'
import type { OrderTables } from '../database.ts'
import { findDecidedOrder } from './find-order.ts'
import { followUp, type FollowUpDeps, followUpNow } from './follow-up.ts'
import type { OrderRow } from './order.ts'

/**
 * Cancels an order and gives its stock back. Customers may cancel what awaits payment; staff also what is paid, whose money is then due
 * to be given back. Canceling again changes nothing. Throws `order-state` for every other status.
 */
export async function cancelOrder(deps: FollowUpDeps, id: number, by: AskedBy): Promise<OrderRow> {
  const cancelable = by === 'staff' ? ['awaiting_payment', 'paid'] : ['awaiting_payment']
  const cancel = (db: Db<OrderTables>) =>
    storeTransition<OrderRow>(
      db,
      'order.canceled',
      sql`
        update orders set status = 'canceled', ended_at = clock_timestamp(), version = version + 1,
          updated_at = clock_timestamp()
        where id = ${id} and status = any(${cancelable}::text[])`,
      { needsFollowUp: true },
    )
  const transitions =
    by === 'staff'
      ? await changeAsStaff(deps.db, { action: 'order.cancel', table: 'orders', id }, cancel)
      : await cancel(deps.db)
  const order = await findDecidedOrder(deps.db, id)
  if (transitions.length > 0) await followUpNow(deps, 'order.canceled', transitions)
  // Asked again, maybe because the first answer was lost: what follows may be unfinished, so help with it.
  else if (order.status === 'canceled') await followUp(deps, 'order.canceled', [order])
  else throw problem('order-state', `The order is ${order.status} and cannot be canceled`)
  return order
}
