/**
 * What the queue keeps in Redis. All names carry one hash tag, so that a Redis Cluster keeps them on one of its nodes, where a script can
 * work with them.
 */
const tag = '{new_orders}'

export const redisKeys = {
  /** The stream of orders, with the consumer group `workers`. */
  entries: `${tag}:entries`,
  /** Who is the one worker, and until when. */
  lease: `${tag}:lease`,
  /** How many entries were ever written, and how many of them are done with. */
  counts: `${tag}:counts`,
  /** Orders that were set aside, by when that was; and why. */
  parked: `${tag}:parked`,
  reasons: `${tag}:reasons`,
  /** Whose an order is, its entry, and when it was accepted: `7 1795766400000-0 1795766400000`. */
  order: (orderId: number) => `${tag}:order:${orderId}`,
  /** The orders of a user that wait for their decision or were set aside. */
  waiting: (userId: number) => `${tag}:waiting:${userId}`,
  /** What a user ordered under an idempotency key, and a hash of it. */
  idempotency: (userId: number, key: string) => `${tag}:key:${userId}:${key}`,
}

/** The consumer group, and its one consumer: whoever holds the lease reads as that one. */
export const group = 'workers'
export const consumer = 'worker'
