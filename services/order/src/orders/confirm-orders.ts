import type { Confirmations, ConfirmationOutcome } from '@kakilima/contracts/order/desk'
import { isProblem } from '@kakilima/contracts/problems'
import { changeAllAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { markDone } from '@kakilima/kit/outbox'
import { storeTransition } from '@kakilima/kit/transition'
import type { Queue } from '@kakilima/queue/queue'
import { sql } from 'kysely'
import type { OrderTables } from '../database.ts'
import { followUp, type FollowUpDeps } from './follow-up.ts'
import type { OrderRow } from './order.ts'

type ConfirmDeps = FollowUpDeps & { queue: Queue; logger: Logger }

/**
 * Confirms several paid orders as one is: see `confirmOrder`. Their units leave the shelf by one call. Returns what became of each, in
 * the order of asking; one that cannot be confirmed holds up none of the others.
 */
export async function confirmOrders(deps: ConfirmDeps, ids: number[]): Promise<Confirmations['results']> {
  const { db, queue } = deps
  const transitions = await changeAllAsStaff(db, { action: 'order.confirm', table: 'orders', ids }, (tx) =>
    storeTransition<OrderRow>(
      tx,
      'order.confirming',
      sql`
        update orders set status = 'confirming', version = version + 1, updated_at = clock_timestamp()
        where id = any(${ids}::int8[]) and status = 'paid'`,
      { needsFollowUp: true },
    ),
  )
  // Those that somebody else is confirming are helped with: the answer must be true when it is given.
  const begun = (await rowsOf(db, ids)).filter((order) => order.status === 'confirming')
  const events = transitions.map((transition) => transition.event_id)
  if (begun.length > 0) await takeFromShelf(deps, begun, events)

  const statuses = new Map((await rowsOf(db, ids)).map((order) => [order.id, order.status]))
  const own = new Set(transitions.map((transition) => transition.row.id))
  const outcomeOf = async (id: number): Promise<ConfirmationOutcome> => {
    const status = statuses.get(id)
    if (status === 'confirmed') return own.has(id) ? 'confirmed' : 'already-confirmed'
    if (status === 'confirming') return status
    return status === undefined && (await queue.find(id)) === undefined ? 'not-found' : 'not-paid'
  }
  const results: Confirmations['results'] = []
  for (const id of ids) results.push({ order_id: id, outcome: await outcomeOf(id) })
  return results
}

/** Where it does not come to its end the orders stay `confirming`, which is what is told of them, and the relay goes on with them. */
async function takeFromShelf(deps: ConfirmDeps, orders: OrderRow[], eventIds: number[]): Promise<void> {
  try {
    await followUp(deps, 'order.confirming', orders)
    await markDone(deps.db, eventIds)
  } catch (err) {
    const level = isProblem(err, 'neighbor-unavailable') ? 'warn' : 'error'
    deps.logger[level]({ err, orders: orders.map((order) => order.id) }, 'orders stay confirming for now')
  }
}

async function rowsOf(db: Db<OrderTables>, ids: number[]): Promise<OrderRow[]> {
  return db
    .selectFrom('orders')
    .selectAll()
    .where('id', '=', sql<number>`any(${ids}::int8[])`)
    .execute()
}
