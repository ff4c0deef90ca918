import type { OrderedLine } from '@kakilima/contracts/inventory'
import type { Queue } from '@kakilima/queue/queue'
import { toQueuedBody } from '@kakilima/queue/order-body'
import { orderedLines } from '@kakilima/queue/ordered-lines'
import type { QueueGauge } from './queue-gauge.ts'

/**
 * Takes an order: returns its id as soon as it is durable in the queue. The same caller, key and body get the same id. Throws
 * `queue-unavailable` when more waits than can be decided soon, so that nobody is told yes and left waiting.
 */
export async function placeOrder(
  { queue, gauge }: { queue: Queue; gauge: QueueGauge },
  userId: number,
  items: OrderedLine[],
  idempotencyKey: string | null,
): Promise<number> {
  const lines = orderedLines({ items })
  gauge.requireRoom()
  return queue.append({ userId, body: toQueuedBody({ lines }), idempotencyKey })
}
