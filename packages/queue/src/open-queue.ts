import { type Db, isDatabaseAway } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { noPatience, type Patience, withPatience } from '@kakilima/kit/patience'
import type { Redis } from 'ioredis'
import { sql } from 'kysely'
import { createPostgresQueue } from './postgres.ts'
import type { Queue } from './queue.ts'
import { createQueueAfterPostgres } from './redis-after-postgres.ts'
import { connectRedis, disconnectRedis } from './redis-connection.ts'
import { weakSettings } from './redis-settings.ts'
import { createRedisQueue } from './redis.ts'

export type QueuePlace = {
  /** The order database, which order ids come from and which holds the queue where there is no Redis. */
  db: Db<any>
  /** Where Redis is; without it the queue is in the order database. */
  redisUrl: string | undefined
  /** Who asks, for the list of connections. */
  name: string
  logger: Logger
  /** For a Redis that is still starting; none unless given. */
  patience?: Patience
}

/**
 * Opens the queue where the settings say it is, to work with it. Throws a sentence when Redis cannot be reached, and when orders may wait
 * in a Redis that these settings do not name. Settings of Redis that could lose orders are told as warnings.
 */
export async function openQueue(place: QueuePlace): Promise<Queue> {
  const { db, redisUrl, name, logger, patience } = place
  if (redisUrl === undefined) {
    await withPatience(patience ?? noPatience, 'the order database', isDatabaseAway, () => requirePostgresEngine(db))
    return createPostgresQueue(db)
  }
  const redis = await connectRedis(redisUrl, name, logger, patience)
  for (const danger of await weakSettings(redis)) logger.warn(danger)
  await sql`update new_orders_progress set engine = 'redis' where engine <> 'redis'`.execute(db)
  return queueIn(redis, db)
}

/** What is dangerous about where the queue is, one sentence each: for whoever starts the shop and looks at no log. */
export async function queueDangers(redisUrl: string, logger: Logger, patience: Patience): Promise<string[]> {
  const redis = await connectRedis(redisUrl, 'start', logger, patience)
  try {
    return await weakSettings(redis)
  } finally {
    await disconnectRedis(redis)
  }
}

/** Opens the queue for a moment, from beside the shop. Opening and closing it changes nothing, so the database may be read-only. */
export async function visitQueue({ db, redisUrl, name, logger }: QueuePlace): Promise<Queue> {
  if (redisUrl !== undefined) {
    const redis = await connectRedis(redisUrl, name, logger)
    return { ...queueIn(redis, db), close: () => disconnectRedis(redis) }
  }
  await requirePostgresEngine(db)
  return { ...createPostgresQueue(db), close: async () => undefined }
}

function queueIn(redis: Redis, db: Db<any>): Queue {
  const queue = createQueueAfterPostgres(createRedisQueue(redis, db), createPostgresQueue(db), db)
  return {
    ...queue,
    close: async () => {
      await queue.close()
      await disconnectRedis(redis)
    },
  }
}

/** Throws where the queue of this shop is in Redis. */
async function requirePostgresEngine(db: Db<any>): Promise<void> {
  const { rows } = await sql<{ engine: string }>`select engine from new_orders_progress`.execute(db)
  if (rows[0]!.engine === 'postgresql') return
  throw new Error(
    'The queue of this shop is in Redis, where orders may wait: set REDIS_URL. To go back to PostgreSQL, run ' +
      '`npx kakilima queue leave-redis` first.',
  )
}

/** Makes PostgreSQL the place of the queue again. Throws, and changes nothing, while orders wait in Redis or are set aside there. */
export async function leaveRedis(db: Db<any>, queue: Queue): Promise<void> {
  const { depth, parked } = await queue.status()
  if (depth > 0 || parked > 0)
    throw new Error(
      `${depth} orders wait in Redis and ${parked} are set aside there: stop the gateways, let the order service decide those that ` +
        'wait, and replay or reject the others.',
    )
  await sql`update new_orders_progress set engine = 'postgresql'`.execute(db)
}
