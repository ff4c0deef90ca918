import type { InventoryClient } from '@kakilima/contracts/clients'
import { problem } from '@kakilima/contracts/problems'
import { addToAuditLog } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { readQueuedBody } from '@kakilima/queue/order-body'
import type { Queue } from '@kakilima/queue/queue'
import type { OrderTables } from '../database.ts'
import { findDecidedOrder } from '../orders/find-order.ts'
import { writeOutcomes } from './write-outcomes.ts'

/** Lets the worker try an order again that was set aside. Throws `order-not-found` where none was. */
export async function replayParkedOrder({ queue }: { queue: Queue }, orderId: number): Promise<void> {
  const isReplayed = await queue.replay(orderId, (tx) =>
    addToAuditLog(tx, {
      action: 'order.replay',
      subject_id: orderId,
      before: { status: 'queued', delayed: true },
      after: { status: 'queued', delayed: false },
    }),
  )
  if (!isReplayed) throw notParked(orderId)
}

/**
 * Rejects an order that was set aside. The rejection is written first: where the worker was faster, its outcome stands and nothing is
 * released. Only then inventory gives back what it may hold. After a crash in between the order is still set aside, and rejecting it
 * again finishes the work.
 */
export async function rejectParkedOrder(
  { db, queue, inventory }: { db: Db<OrderTables>; queue: Queue; inventory: Pick<InventoryClient, 'release'> },
  orderId: number,
): Promise<void> {
  const order = await queue.find(orderId)
  if (order === undefined || !order.isParked) throw notParked(orderId)
  const lines = readQueuedBody(order.body).lines.map((line) => ({ ...line, name: '', unit_price: 0 }))
  const reason = 'rejected-by-staff' as const
  const decision = { order_id: orderId, state: 'released' as const, reason, lines, shortages: [] }
  await inTransaction(db, async (tx) => {
    if ((await writeOutcomes(tx, [{ order, decision }], 0)) === 0) return
    const [before, after] = [
      { status: 'queued', delayed: true },
      { status: 'rejected', reason },
    ]
    await addToAuditLog(tx, { action: 'order.reject', subject_id: orderId, before, after })
  })
  const written = await findDecidedOrder(db, orderId)
  if (written.reason === reason) await inventory.release([orderId])
  await queue.unpark(orderId)
  if (written.reason !== reason)
    throw problem('order-state', `The order was decided meanwhile and is ${written.status}`)
}

function notParked(orderId: number) {
  return problem('order-not-found', `Order ${orderId} is not set aside`)
}
