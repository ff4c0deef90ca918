import type { Db } from '@kakilima/kit/database'

/**
 * What an order asks for, in a form that the queue does not know and that has a version: orders wait through an upgrade. Its keys always
 * stand in one order, since what is asked under an idempotency key is compared as text. See `order-body.ts`.
 */
export type QueuedBody = { version: number; lines: unknown; [key: string]: unknown }

/** An order that somebody wants to place: who, what, and the caller's own name for the attempt. */
export type NewOrder = {
  userId: number
  body: QueuedBody
  idempotencyKey: string | null
}

/** An order that is durable in the queue. */
export type QueuedOrder = {
  order_id: number
  user_id: number
  body: QueuedBody
  idempotency_key: string | null
  accepted_at: string
}

/** A queued order in the hands of the worker. `position` is the engine's own: a number in PostgreSQL, an entry's id in Redis. */
export type TakenOrder = QueuedOrder & { position: number | string }

export type ParkedOrder = QueuedOrder & { reason: string; parked_at: string }

export type QueueDepth = { depth: number; decided: number }

export type QueueStatus = QueueDepth & {
  /** When the order was accepted that has waited longest; null where none waits. */
  oldest_accepted_at: string | null
  /** How many orders are set aside. */
  parked: number
}

export type CursorOptions = {
  /** How long a worker that went away holds others up. */
  leaseMs?: number
}

/** The worker's part of an engine. `release` lets another worker take over at once. */
export type Cursor = Pick<Queue, 'take' | 'acknowledge'> & { release: () => Promise<void> }

/** The queue `new_orders`. Every engine behaves the same and passes one suite. */
export type Queue = {
  /**
   * Resolves with the order's id once the order is durable. The same user, key and body get the same id, also when they arrive at once.
   * Throws `idempotency-key-reused` where the key came with another body before.
   */
  append: (order: NewOrder) => Promise<number>
  /**
   * Up to `limit` orders that wait for a decision, as they arrived. Orders that were taken before come again only after they were neither
   * acknowledged nor parked by a worker that went away, so deciding twice must be harmless. Empty where another worker is at work.
   */
  take: (limit: number) => Promise<TakenOrder[]>
  /** Notes that these orders are decided, once their outcome is durable. */
  acknowledge: (orders: TakenOrder[]) => Promise<void>
  /** Sets an order aside that can't be decided. */
  park: (order: TakenOrder, reason: string) => Promise<void>
  /** An order by its id as long as the queue remembers it, decided or not. `isParked` says that it was set aside. */
  find: (orderId: number) => Promise<(QueuedOrder & { isParked: boolean }) | undefined>
  /** A user's orders that wait for their decision, newest first, at most a thousand. Some may have been decided this moment. */
  waitingOf: (userId: number) => Promise<(QueuedOrder & { isParked: boolean })[]>
  /** How many orders wait for their decision, and how many went before them: twice asked, that is the speed of deciding. */
  depth: () => Promise<QueueDepth>
  /** The same with what else one wants to know of a queue. Costs more. */
  status: () => Promise<QueueStatus>
  /** Orders that have waited for longer, a thousand at most; some of them may have been decided. Not those that were set aside. */
  overdue: (seconds: number) => Promise<number[]>
  /**
   * Orders that the queue is done with, a page at a time: each of them must have been written. `after` is where the page before said that
   * the next one begins. Orders that wait or are set aside are not among them, and of an order that was decided a moment ago it may be said
   * later.
   */
  passed: (after?: string) => Promise<{ orderIds: number[]; next: string | undefined }>
  /** What was set aside, oldest first. */
  parked: () => Promise<ParkedOrder[]>
  /**
   * Puts an order that was set aside at the end of the queue. Returns whether there was such an order. `note` stores in the order database
   * what shall be known of this: together with it where that is the engine's database too, or else before it. Where it throws, the order
   * stays set aside.
   */
  replay: (orderId: number, note?: (tx: Db<any>) => Promise<void>) => Promise<boolean>
  /** Forgets that an order was set aside, once its outcome is durable. Returns whether there was such an order. */
  unpark: (orderId: number) => Promise<boolean>
  /** Drops decided orders whose idempotency keys have lived for a day. Returns how many. */
  purge: () => Promise<number>
  /** Waits for what is being appended and lets another worker take over at once. */
  close: () => Promise<void>
}
