import type { InventoryClient } from '@kakilima/contracts/clients'
import { invariant } from '@kakilima/contracts/invariant'
import { isProblem } from '@kakilima/contracts/problems'
import { type Db, isDatabaseAway } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import type { Queue, TakenOrder } from '@kakilima/queue/queue'
import type { OrderTables } from '../database.ts'
import { writeOutcomes } from './write-outcomes.ts'

export type DecideDeps = {
  db: Db<OrderTables>
  queue: Queue
  inventory: InventoryClient
  logger: Logger
  windowSeconds: number
}

const maxTriesAlone = 5

/**
 * Decides a batch of taken orders: asks inventory once, writes the outcomes once, acknowledges. A batch that fails is halved until the
 * order that fails stands alone; only then its tries count, and after five it is parked, so its neighbours are not held up. When
 * inventory or the database is away nobody is to blame: that is thrown, and the caller comes back with the same orders.
 */
export async function decideOrders(deps: DecideDeps, orders: TakenOrder[]): Promise<void> {
  try {
    await decideTogether(deps, orders)
  } catch (error) {
    if (isOutage(error)) throw error
    if (orders.length === 1) {
      await decideAlone(deps, orders[0]!, error)
      return
    }
    const middle = orders.length >> 1
    await decideOrders(deps, orders.slice(0, middle))
    await decideOrders(deps, orders.slice(middle))
  }
}

async function decideTogether(
  { db, queue, inventory, windowSeconds }: DecideDeps,
  orders: TakenOrder[],
): Promise<void> {
  const decisions = await inventory.decide(orders.map(({ order_id, lines }) => ({ order_id, lines })))
  const outcomes = orders.map((order, index) => {
    const decision = decisions[index]
    invariant(decision?.order_id === order.order_id, 'inventory answers one decision for each order, in order')
    // Released before it was decided, or decided and then released by staff: it holds nothing, and its lines are the queue's own.
    if (decision.state !== 'released') return { order, decision }
    const lines = order.lines.map((line) => ({ ...line, name: '', unit_price: 0 }))
    return { order, decision: { ...decision, lines, reason: 'rejected-by-staff' as const } }
  })
  await writeOutcomes(db, outcomes, windowSeconds)
  // Only now: whoever takes over after a crash before this line decides these orders again, which changes nothing.
  await queue.acknowledge(orders)
}

async function decideAlone(deps: DecideDeps, order: TakenOrder, firstError: unknown): Promise<void> {
  let lastError = firstError
  for (let tries = 1; tries < maxTriesAlone; tries++) {
    try {
      await decideTogether(deps, [order])
      return
    } catch (error) {
      if (isOutage(error)) throw error
      lastError = error
    }
  }
  const reason = lastError instanceof Error ? lastError.message : String(lastError)
  deps.logger.error({ err: lastError, order: order.order_id }, 'an order cannot be decided and is set aside for staff')
  await deps.queue.park(order, reason.slice(0, 500))
}

function isOutage(error: unknown): boolean {
  return isProblem(error, 'neighbor-unavailable', 'unauthorized') || isDatabaseAway(error)
}
