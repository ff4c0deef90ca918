import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import type { Redis } from 'ioredis'
import { createGroupCommit } from './group-commit.ts'
import { createOrderIds } from './order-ids.ts'
import type { CursorOptions, NewOrder, Queue } from './queue.ts'
import { appendToStream } from './redis-append.ts'
import { isRedisAway, throwAway } from './redis-connection.ts'
import { createStreamCursor } from './redis-cursor.ts'
import { orderOf } from './redis-entry.ts'
import { findInStream, firstUndecided, listOverdue, listPassed, listWaiting } from './redis-find.ts'
import { redisKeys } from './redis-keys.ts'
import { listParked, parkEntry, replayEntry, unparkEntry } from './redis-parking.ts'
import { purgeStream } from './redis-purge.ts'

/**
 * The queue in Redis Streams; see `Queue`. Ids of orders come from the order database `db` all the same. Throws `queue-unavailable` while
 * Redis is away. The connection stays open for whoever has opened it.
 */
export function createRedisQueue(redis: Redis, db: Db<any>, options: CursorOptions = {}): Queue {
  const takeIds = createOrderIds(db)
  const appends = createGroupCommit<NewOrder, number>({
    write: (orders) => appendToStream(redis, takeIds, orders).catch(throwAway),
  })
  const cursor = createStreamCursor(redis, options)

  async function depth(): Promise<{ depth: number; decided: number }> {
    const [written, decided] = (await redis.hmget(redisKeys.counts, 'written', 'decided')).map(Number)
    return { depth: written! - decided!, decided: decided! }
  }

  async function oldestAcceptedAt(): Promise<string | null> {
    const from = await firstUndecided(redis)
    const [entry] = from === undefined ? [] : await redis.xrange(redisKeys.entries, from, '+', 'COUNT', 1)
    return entry === undefined ? null : orderOf(entry).accepted_at
  }

  return {
    append: appends.add,
    take: (limit) => cursor.take(limit).catch(throwAway),
    acknowledge: (orders) => cursor.acknowledge(orders).catch(throwAway),
    park: (order, reason) => parkEntry(redis, order, reason).catch(throwAway),
    find: (orderId) => findInStream(redis, orderId).catch(throwAway),
    waitingOf: (userId) => listWaiting(redis, userId).catch(throwAway),
    depth: () => depth().catch(throwAway),
    parked: () => listParked(redis).catch(throwAway),
    unpark: (orderId) => unparkEntry(redis, orderId).catch(throwAway),
    purge: () => purgeStream(redis).catch(throwAway),
    overdue: (seconds) => listOverdue(redis, seconds).catch(throwAway),
    passed: (after) => listPassed(redis, after).catch(throwAway),

    async status() {
      const [counted, oldest, parked] = await Promise.all([
        depth(),
        oldestAcceptedAt(),
        redis.zcard(redisKeys.parked),
      ]).catch(throwAway)
      return { ...counted, oldest_accepted_at: oldest, parked }
    },

    async replay(orderId, note = async () => undefined) {
      if (!(await findInStream(redis, orderId).catch(throwAway))?.isParked) return false
      // First, and for itself: a crash in between leaves an order that is still set aside, and a note that says who wanted it back.
      await inTransaction(db, note)
      return replayEntry(redis, orderId).catch(throwAway)
    },

    async close() {
      await appends.drain()
      await cursor.release().catch((error: unknown) => {
        // Then the lease ends by itself.
        if (!isRedisAway(error)) throw error
      })
    },
  }
}
