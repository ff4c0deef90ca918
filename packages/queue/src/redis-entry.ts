import { invariant } from '@kakilima/contracts/invariant'
import type { NewOrder, QueuedBody, QueuedOrder } from './queue.ts'

/** An entry of the stream: its id, and the names and values of its fields, which are gone where somebody has deleted it by hand. */
export type Entry = [id: string, fields: string[] | null]

type Payload = [orderId: number, userId: number, body: QueuedBody, idempotencyKey: string | null]

/** What an entry says of an order, as short as can be. When it was accepted stands beside it, by the clock of Redis. */
export function payloadOf({ userId, body, idempotencyKey }: NewOrder, orderId: number): string {
  return JSON.stringify([orderId, userId, body, idempotencyKey] satisfies Payload)
}

export function orderOf([id, fields]: Entry): QueuedOrder {
  invariant(fields !== null, `nobody but the queue deletes entries of its stream, and ${id} is gone`)
  const [, payload, , acceptedAt] = fields
  const [orderId, userId, body, idempotencyKey] = JSON.parse(payload!) as Payload
  return {
    order_id: orderId,
    user_id: userId,
    body,
    idempotency_key: idempotencyKey,
    accepted_at: timeOf(acceptedAt!),
  }
}

export function timeOf(milliseconds: string): string {
  return new Date(Number(milliseconds)).toISOString()
}
