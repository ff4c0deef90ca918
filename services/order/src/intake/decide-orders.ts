import type { InventoryClient } from '@kakilima/contracts/clients'
import { invariant } from '@kakilima/contracts/invariant'
import { isProblem } from '@kakilima/contracts/problems'
import { type Db, isDatabaseAway } from '@kakilima/kit/database'
import { isTimeout } from '@kakilima/kit/http-client'
import type { Logger } from '@kakilima/kit/logger'
import { readQueuedBody } from '@kakilima/queue/order-body'
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

type Failure = { order: TakenOrder; error: unknown }

const maxTriesAlone = 5
const maxPieces = 10

/**
 * Decides a batch of taken orders: asks inventory once, writes the outcomes once, acknowledges. A batch that fails is cut into pieces
 * until the order that fails stands alone; only then its tries count, and after five it is parked. When inventory or the database is
 * away nobody is to blame: that is thrown, and the caller comes back with the same orders.
 */
export async function decideOrders(deps: DecideDeps, orders: TakenOrder[]): Promise<void> {
  const failures = await decideInPieces(deps, orders)
  // Last: one that hangs takes its time at each try, and its neighbours shall not wait for that.
  for (const failure of failures) await decideAlone(deps, failure)
}

/** Decides all that can be, and returns the orders that fail on their own. */
async function decideInPieces(deps: DecideDeps, orders: TakenOrder[]): Promise<Failure[]> {
  try {
    await decideTogether(deps, orders)
    return []
  } catch (error) {
    await throwOutage(deps, error)
    if (orders.length === 1) return [{ order: orders[0]!, error }]
    const failures: Failure[] = []
    // Ten and not two: a piece with an order that hangs costs seconds, and this way it is met at three sizes and not at nine.
    const size = Math.ceil(orders.length / maxPieces)
    for (let from = 0; from < orders.length; from += size) {
      failures.push(...(await decideInPieces(deps, orders.slice(from, from + size))))
    }
    return failures
  }
}

async function decideTogether(
  { db, queue, inventory, windowSeconds }: DecideDeps,
  orders: TakenOrder[],
): Promise<void> {
  const decisions = await inventory.decide(
    orders.map(({ order_id, body }) => ({ order_id, lines: readQueuedBody(body).lines })),
  )
  const outcomes = orders.map((order, index) => {
    const decision = decisions[index]
    invariant(decision?.order_id === order.order_id, 'inventory answers one decision for each order, in order')
    // Released before it was decided, or decided and then released by staff: it holds nothing, and its lines are the queue's own.
    if (decision.state !== 'released') return { order, decision }
    const lines = readQueuedBody(order.body).lines.map((line) => ({ ...line, name: '', unit_price: 0 }))
    return { order, decision: { ...decision, lines, reason: 'rejected-by-staff' as const } }
  })
  await writeOutcomes(db, outcomes, windowSeconds)
  // Only now: whoever takes over after a crash before this line decides these orders again, which changes nothing.
  await queue.acknowledge(orders)
}

async function decideAlone(deps: DecideDeps, { order, error: firstError }: Failure): Promise<void> {
  let lastError = firstError
  for (let tries = 1; tries < maxTriesAlone; tries++) {
    try {
      await decideTogether(deps, [order])
      return
    } catch (error) {
      await throwOutage(deps, error)
      lastError = error
    }
  }
  const reason = lastError instanceof Error ? lastError.message : String(lastError)
  deps.logger.error({ err: lastError, order: order.order_id }, 'an order cannot be decided and is set aside for staff')
  await deps.queue.park(order, reason.slice(0, 500))
}

/** Throws where no order is to blame. */
async function throwOutage({ inventory }: DecideDeps, error: unknown): Promise<void> {
  // No answer in time: where inventory is ready, the orders make it hang. It never waits for locks as long as that. Where it isn't ready,
  // that is thrown.
  if (isTimeout(error)) await inventory.ready()
  else if (isProblem(error, 'neighbor-unavailable', 'queue-unavailable', 'unauthorized') || isDatabaseAway(error))
    throw error
}
