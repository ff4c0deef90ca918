import type { OrderedLine } from '@kakilima/contracts/inventory'
import type { QueuedBody } from './queue.ts'

/** What an order asks for, as gateways put it into the queue and the worker takes it out. */
export type OrderBody = { lines: OrderedLine[] }

type Pair = [productId: number, quantity: number]

/** The body of an order for the queue. */
export function toQueuedBody({ lines }: OrderBody): QueuedBody {
  return { version: 2, lines: lines.map((line): Pair => [line.product_id, line.quantity]) }
}

/**
 * What a queued order asks for. Bodies of version 1 were lines alone: as pairs in Redis, with names in PostgreSQL. Throws where a newer
 * program has written it; the order then waits, set aside, for a worker that knows it.
 */
export function readQueuedBody(body: QueuedBody): OrderBody {
  const { version, lines } = Array.isArray(body) ? { version: 1, lines: body } : body
  if (version !== 1 && version !== 2)
    throw new Error(`this version cannot read an order of version ${version}: start a newer one`)
  return {
    lines: (lines as (Pair | OrderedLine)[]).map((line) =>
      Array.isArray(line) ? { product_id: line[0], quantity: line[1] } : line,
    ),
  }
}
