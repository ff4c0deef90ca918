import type { OrderedLine } from '@kakilima/contracts/inventory'
import type { Db } from '@kakilima/kit/database'

/** An order that somebody wants to place: who, what, and the caller's own name for the attempt. */
export type NewOrder = {
  userId: number
  /** At most one line for each product. */
  lines: OrderedLine[]
  idempotencyKey: string | null
}

/** An order that is durable in the queue. */
export type QueuedOrder = {
  order_id: number
  user_id: number
  lines: OrderedLine[]
  idempotency_key: string | null
  accepted_at: string
}

/** A queued order in the hands of the worker. `position` is the engine's own. */
export type TakenOrder = QueuedOrder & { position: number }

export type ParkedOrder = QueuedOrder & { reason: string; parked_at: string }

/** The queue `new_orders`. Every engine behaves the same and passes one suite. */
export type Queue = {
  /**
   * Resolves with the order's id once the order is durable. The same user, key and lines get the same id, also when they arrive at once.
   * Throws `idempotency-key-reused` where the key came with other lines before.
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
  depth: () => Promise<{ depth: number; decided: number }>
  /**
   * How the queue stands, for people: as `depth` has it, since when the oldest order waits that is not set aside (`null` where none does),
   * and how many are set aside.
   */
  status: () => Promise<{ depth: number; decided: number; oldest_accepted_at: string | null; parked: number }>
  /** What was set aside, oldest first. */
  parked: () => Promise<ParkedOrder[]>
  /**
   * Puts an order that was set aside at the end of the queue. Returns whether there was such an order. `tx` is a transaction of the order
   * database with what shall be stored if and only if this happens.
   */
  replay: (orderId: number, tx?: Db<any>) => Promise<boolean>
  /** Forgets that an order was set aside, once its outcome is durable. Returns whether there was such an order. */
  unpark: (orderId: number) => Promise<boolean>
  /** Drops decided orders whose idempotency keys have lived for a day. Returns how many. */
  purge: () => Promise<number>
  /** Waits for what is being appended and lets another worker take over at once. */
  close: () => Promise<void>
}
