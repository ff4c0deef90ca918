import { problem } from '@kakilima/contracts/problems'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import { storeTransition } from '@kakilima/kit/transition'
import { sql } from 'kysely'
import { findDecidedOrder } from './find-order.ts'
import { followUp, type FollowUpDeps, followUpNow } from './follow-up.ts'
import type { OrderRow } from './order.ts'

/**
 * Confirms a paid order: its units leave the shelf. `confirming` is written first, so that a crash or a missing answer of inventory
 * leaves an order that the relay finishes, never one that was taken from the shelf and could still be canceled. Confirming again
 * changes nothing.
 */
export async function confirmOrder(deps: FollowUpDeps, id: number): Promise<void> {
  // Staff asked for this step. What follows from it is no change of theirs, whoever finishes it.
  const transitions = await changeAsStaff(deps.db, { action: 'order.confirm', table: 'orders', id }, (tx) =>
    storeTransition<OrderRow>(
      tx,
      'order.confirming',
      sql`
        update orders set status = 'confirming', version = version + 1, updated_at = clock_timestamp()
        where id = ${id} and status = 'paid'`,
      { needsFollowUp: true },
    ),
  )
  if (transitions.length > 0) return followUpNow(deps, 'order.confirming', transitions)

  const order = await findDecidedOrder(deps.db, id)
  if (order.status === 'confirmed') return
  if (order.status !== 'confirming') throw problem('order-not-paid', 'Order not paid yet')
  // Somebody else is at it, or was: the answer must be true when it is given, so help to finish.
  await followUp(deps, 'order.confirming', [order])
}
