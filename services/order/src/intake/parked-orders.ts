import type { InventoryClient } from '@kakilima/contracts/clients'
import { invariant } from '@kakilima/contracts/invariant'
import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import type { Queue } from '@kakilima/queue/queue'
import type { OrderTables } from '../database.ts'
import { writeOutcomes } from './write-outcomes.ts'

/** Lets the worker try an order again that was set aside. Throws `order-not-found` where none was. */
export async function replayParkedOrder(queue: Queue, orderId: number): Promise<void> {
  if (!(await queue.replay(orderId))) throw notParked(orderId)
}

/**
 * Rejects an order that was set aside. Whatever inventory may hold for it is released first: a crash in between leaves it parked, and
 * rejecting again finishes it.
 */
export async function rejectParkedOrder(
  { db, queue, inventory }: { db: Db<OrderTables>; queue: Queue; inventory: InventoryClient },
  orderId: number,
): Promise<void> {
  const order = await queue.find(orderId)
  if (order === undefined || !order.isParked) throw notParked(orderId)
  const [decision] = await inventory.release([orderId])
  invariant(decision !== undefined, 'inventory answers one decision for each order')
  const lines = order.lines.map((line) => ({ ...line, name: '', unit_price: 0 }))
  const reason = 'rejected-by-staff' as const
  await writeOutcomes(db, [{ order, decision: { ...decision, lines, reason } }], 0)
  await queue.unpark(orderId)
}

function notParked(orderId: number) {
  return problem('order-not-found', `Order ${orderId} is not set aside`)
}
