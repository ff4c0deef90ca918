import type { UserClient } from '@kakilima/contracts/clients'
import type { OrderInput } from '@kakilima/contracts/order/order'
import type { OrderedLine } from '@kakilima/contracts/inventory'
import { type Problem, problem } from '@kakilima/contracts/problems'
import type { Queue } from '@kakilima/queue/queue'
import type { OrderRow } from '../orders/order.ts'
import type { DecisionWaiter } from './await-decision.ts'
import { toQueuedBody } from '@kakilima/queue/order-body'
import { orderedLines } from '@kakilima/queue/ordered-lines'

export type PlaceOrderDeps = {
  queue: Queue
  users: UserClient
  decisions: DecisionWaiter
  /** Called when something new is in the queue. */
  wakeWorker: () => void
  waitMs: number
}

/**
 * Places an order the way every order goes, through the queue, and waits for the decision. Returns the order once its stock is
 * reserved. Throws the problem that tells why not; the order stands and will be decided where that is `decision-pending`.
 */
export async function placeOrder(
  deps: PlaceOrderDeps,
  input: OrderInput,
  idempotencyKey: string | null,
): Promise<OrderRow> {
  const lines: OrderedLine[] = orderedLines(input)
  await deps.users.get(input.user_id)
  const orderId = await deps.queue.append({ userId: input.user_id, body: toQueuedBody({ lines }), idempotencyKey })
  deps.wakeWorker()
  const order = await deps.decisions.wait(orderId, deps.waitMs)
  if (order === undefined) {
    throw problem(
      'decision-pending',
      `Order ${orderId} is accepted and not decided yet: look at its address again soon`,
      { order_id: orderId },
      { location: `/orders/${orderId}` },
    )
  }
  if (order.status === 'rejected') throw rejection(order)
  return order
}

function rejection({ id, reason, shortages }: OrderRow): Problem {
  const extensions = { order_id: id, shortages }
  switch (reason) {
    case 'product-not-found':
      return problem('product-not-found', 'Product not found', extensions)
    case 'total-too-large':
      return problem('invalid-input', 'The total of the order is too large', extensions)
    case 'insufficient-stock':
      return problem('insufficient-stock', `Not enough stock. Available: ${shortages[0]!.available}`, extensions)
    case 'rejected-by-staff':
    case null:
      return problem('order-state', 'The order was rejected', extensions)
  }
}
