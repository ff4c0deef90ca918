import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import { createGroupCommit } from './group-commit.ts'
import { hashOf, keyReused } from './idempotency.ts'
import { findKnown, type KnownOrder } from './postgres-append.ts'
import type { NewOrder, Queue, QueueDepth, TakenOrder } from './queue.ts'

const lookEveryMs = 1000
const mostListed = 1000
const inPostgres = 'postgresql '

/**
 * The queue of a shop that has moved from PostgreSQL to Redis. New orders go to Redis. What still waits in PostgreSQL is decided first,
 * and idempotency keys that were used there are known until they have lived their day; then its table is empty, and all that is left of it
 * is one look a second, for a gateway that was started with the old settings.
 */
export function createQueueAfterPostgres(redis: Queue, postgres: Queue, db: Db<any>): Queue {
  let look: Promise<boolean> | undefined
  let looksAgainAt = 0
  let before: QueueDepth = { depth: 0, decided: 0 }

  /** Whether anything is left in PostgreSQL. All who ask while it is being looked at wait for that look. */
  function isOldInUse(): Promise<boolean> {
    if (look === undefined || performance.now() >= looksAgainAt) {
      looksAgainAt = performance.now() + lookEveryMs
      look = holdsOrders(db)
    }
    return look
  }

  const lookUps = createGroupCommit<NewOrder, KnownOrder | undefined>({ write: (orders) => findKnown(db, orders) })

  const isOld = ({ position }: TakenOrder) => typeof position === 'number'

  async function depth(): Promise<QueueDepth> {
    // What was decided there counts on, or the speed of deciding would seem to jump when the table is empty.
    before = (await isOldInUse()) ? await postgres.depth() : { ...before, depth: 0 }
    const now = await redis.depth()
    return { depth: before.depth + now.depth, decided: before.decided + now.decided }
  }

  return {
    async append(order) {
      if (order.idempotencyKey !== null && (await isOldInUse())) {
        const known = await lookUps.add(order)
        if (known !== undefined && known.bodyHash !== hashOf(order)) throw keyReused()
        if (known !== undefined) return known.orderId
      }
      return redis.append(order)
    },

    async take(limit) {
      const old = (await isOldInUse()) ? await postgres.take(limit) : []
      return old.length > 0 ? old : redis.take(limit)
    },

    async acknowledge(orders) {
      const { old = [], recent = [] } = Object.groupBy(orders, (order) => (isOld(order) ? 'old' : 'recent'))
      if (old.length > 0) await postgres.acknowledge(old)
      if (recent.length > 0) await redis.acknowledge(recent)
    },

    park: (order, reason) => (isOld(order) ? postgres : redis).park(order, reason),
    find: async (orderId) => (await redis.find(orderId)) ?? postgres.find(orderId),

    async waitingOf(userId) {
      const both = await Promise.all([redis.waitingOf(userId), (await isOldInUse()) ? postgres.waitingOf(userId) : []])
      return both
        .flat()
        .toSorted((one, other) => other.order_id - one.order_id)
        .slice(0, mostListed)
    },

    depth,

    async status() {
      const [old, now] = [(await isOldInUse()) ? await postgres.status() : undefined, await redis.status()]
      const oldest = [old?.oldest_accepted_at ?? null, now.oldest_accepted_at].filter((time) => time !== null)
      return {
        ...(await depth()),
        oldest_accepted_at: oldest.toSorted()[0] ?? null,
        parked: (old?.parked ?? 0) + now.parked,
      }
    },

    overdue: async (seconds) => [...(await postgres.overdue(seconds)), ...(await redis.overdue(seconds))],

    // First those of Redis, then the old ones: where a page begins tells which of the two it is.
    async passed(after) {
      if (after?.startsWith(inPostgres)) {
        const { orderIds, next } = await postgres.passed(after.slice(inPostgres.length))
        return { orderIds, next: next && inPostgres + next }
      }
      const { orderIds, next } = await redis.passed(after)
      return { orderIds, next: next ?? `${inPostgres}0` }
    },

    async parked() {
      const both = [...(await postgres.parked()), ...(await redis.parked())]
      return both.toSorted((one, other) => one.parked_at.localeCompare(other.parked_at)).slice(0, mostListed)
    },

    replay: async (orderId, note) => (await redis.replay(orderId, note)) || postgres.replay(orderId, note),
    unpark: async (orderId) => (await redis.unpark(orderId)) || postgres.unpark(orderId),
    purge: async () => (await redis.purge()) + ((await isOldInUse()) ? await postgres.purge() : 0),

    async close() {
      await lookUps.drain()
      await Promise.all([redis.close(), postgres.close()])
    },
  }
}

async function holdsOrders(db: Db<any>): Promise<boolean> {
  const { rows } = await sql<{ holds: boolean }>`select exists (select from new_orders) as holds`.execute(db)
  return rows[0]!.holds
}
