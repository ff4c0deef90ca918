import type { InventoryClient, PaymentClient } from '@kakilima/contracts/clients'
import { invariant } from '@kakilima/contracts/invariant'
import type { EventType } from '@kakilima/contracts/events'
import type { Db } from '@kakilima/kit/database'
import { markDone } from '@kakilima/kit/outbox'
import { storeTransition, type Transition } from '@kakilima/kit/transition'
import { sql } from 'kysely'
import type { OrderTables } from '../database.ts'
import type { OrderRow } from './order.ts'

export type FollowUpDeps = { db: Db<OrderTables>; inventory: InventoryClient; payments: PaymentClient }

type FollowedOrder = Pick<OrderRow, 'id' | 'paid_by_payment_id'>

/**
 * What has to happen in other services after a change of status. Done inline for speed right after the change; the relay does it again
 * where that did not come to its end. So every step here is harmless the second time.
 */
export async function followUp(deps: FollowUpDeps, type: EventType, orders: FollowedOrder[]): Promise<void> {
  const ids = orders.map((order) => order.id)
  switch (type) {
    case 'order.paid':
      return settlePayments(deps, 'paid', orders)
    case 'order.expired':
      // Stock first: somebody may be waiting for it, and the payment service may be away.
      await deps.inventory.release(ids)
      return settlePayments(deps, 'expired', orders)
    case 'order.canceled':
      await deps.inventory.release(ids)
      return settlePayments(deps, 'canceled', orders)
    case 'order.confirming':
      return finishConfirming(deps, ids)
    default:
      throw new Error(`nothing follows from ${type}, and it should not be in the outbox as due`)
  }
}

/** Does at once what follows from changes that were just stored, and notes that it is done. */
export async function followUpNow(
  deps: FollowUpDeps,
  type: EventType,
  transitions: Transition<OrderRow>[],
): Promise<void> {
  if (transitions.length === 0) return
  await followUp(
    deps,
    type,
    transitions.map((transition) => transition.row),
  )
  await markDone(
    deps.db,
    transitions.map((transition) => transition.event_id),
  )
}

async function settlePayments(
  { payments }: FollowUpDeps,
  outcome: 'paid' | 'expired' | 'canceled',
  orders: FollowedOrder[],
): Promise<void> {
  await payments.settle(orders.map(({ id, paid_by_payment_id }) => ({ order_id: id, outcome, paid_by_payment_id })))
}

async function finishConfirming({ db, inventory }: FollowUpDeps, ids: number[]): Promise<void> {
  const decisions = await inventory.consume(ids)
  const consumed = decisions.filter((decision) => decision.state === 'consumed').map((decision) => decision.order_id)
  await storeTransition<OrderRow>(
    db,
    'order.confirmed',
    sql`
      update orders set status = 'confirmed', confirmed_at = clock_timestamp(), version = version + 1,
        updated_at = clock_timestamp()
      where id = any(array(
        -- In one order, or two who finish the same orders could wait for each other.
        select id from orders where id = any(${consumed}::int8[]) and status = 'confirming' order by id for no key update
      ))`,
    { needsFollowUp: false },
  )
  invariant(consumed.length === ids.length, `inventory holds the units of every paid order among ${ids.join(', ')}`)
}
