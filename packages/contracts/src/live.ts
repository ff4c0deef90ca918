import type { Order } from './order/order.ts'

/**
 * What the gateway sends over a live connection. `ready`: from now on changes are told, so read the list of orders after it. The order
 * is as `GET /api/v1/orders/{id}` gives it at that moment; whoever has it in that version or a later one drops it.
 */
export type LiveMessage = { type: 'ready' } | { type: 'order.updated'; order: Order }

/** Why the gateway closes a live connection. */
export const liveCloseCodes = {
  /** The gateway stops: connect again. */
  goingAway: 1001,
  internalError: 1011,
  /** Too many connections, messages that were not read, or a service that is away: connect again after a pause. */
  tryLater: 1013,
  /** What was sent is no `{"token": "…"}`. */
  notUnderstood: 4400,
  /** No token in time, one that does not count, or a session that has ended. */
  signInFirst: 4401,
} as const
