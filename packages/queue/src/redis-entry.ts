import { invariant } from '@kakilima/contracts/invariant'
import type { NewOrder, QueuedOrder } from './queue.ts'

/** An entry of the stream: its id, and the names and values of its fields, which are gone where somebody has deleted it by hand. */
export type Entry = [id: string, fields: string[] | null]

type Payload = [orderId: number, userId: number, lines: [number, number][], idempotencyKey: string | null]

/** What an entry says of an order, as short as can be. When it was accepted stands beside it, by the clock of Redis. */
export function payloadOf({ userId, lines, idempotencyKey }: NewOrder, orderId: number): string {
  const pairs = lines.map((line): [number, number] => [line.product_id, line.quantity])
  return JSON.stringify([orderId, userId, pairs, idempotencyKey] satisfies Payload)
}

export function orderOf([id, fields]: Entry): QueuedOrder {
  invariant(fields !== null, `nobody but the queue deletes entries of its stream, and ${id} is gone`)
  const [, payload, , acceptedAt] = fields
  const [orderId, userId, pairs, idempotencyKey] = JSON.parse(payload!) as Payload
  return {
    order_id: orderId,
    user_id: userId,
    lines: pairs.map(([product_id, quantity]) => ({ product_id, quantity })),
    idempotency_key: idempotencyKey,
    accepted_at: timeOf(acceptedAt!),
  }
}

export function timeOf(milliseconds: string): string {
  return new Date(Number(milliseconds)).toISOString()
}
