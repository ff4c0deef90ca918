import { type EventSource, publicEventTypes, type ShopEvent, sourceOf } from '@kakilima/contracts/events'
import type { Db } from '@kakilima/kit/database'
import { followDurably, storePosition } from '@kakilima/kit/durable-feed'
import type { Logger } from '@kakilima/kit/logger'
import type { Loop } from '@kakilima/kit/loop'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { WebhookTables } from '../database.ts'
import { type Feeds, readerName, settleFeed } from '../subscriptions/feed-positions.ts'
import { sourcesOf, wants } from '../subscriptions/subscription.ts'
import { storeEvents } from './store-events.ts'

export type FollowDeps = {
  db: Db<WebhookTables>
  logger: Logger
  feeds: Feeds
  /** Finds the customers to whom no message can be sent: see `createUnreachableFinder`. */
  findUnreachable: (events: ShopEvent[]) => Promise<ReadonlySet<number>>
}

/** Follows the events of one service and queues those that are wanted. `onQueued` is told whenever there may be new deliveries. */
export function followEvents(deps: FollowDeps, source: EventSource, onQueued: () => void): Loop {
  const { db, logger, feeds, findUnreachable } = deps
  let unreachable: ReadonlySet<number> = new Set()
  return followDurably<WebhookTables>({
    feed: source,
    reader: readerName,
    client: feeds[source],
    db,
    logger,
    idleMs: 250,
    types: async (tx) => {
      const patterns = await activePatterns(tx)
      return publicEventTypes.filter((type) => sourceOf(type) === source && wants(patterns, type))
    },
    prepare: async (events) => {
      unreachable = await findUnreachable(events)
    },
    handle: (tx, events) => storeEvents(tx, source, events, unreachable),
    onMoved: (events) => {
      if (events === undefined || events.length > 0) onQueued()
    },
    begin: async (why) => {
      if (why === 'cut') await beginAnew(deps, source)
      else await settleFeed(db, feeds, source)
    },
  })
}

async function activePatterns(db: Db<WebhookTables>): Promise<string[]> {
  const rows = await db.selectFrom('subscriptions').select('event_types').where('is_active', '=', true).execute()
  return rows.flatMap(({ event_types }) => event_types)
}

/**
 * Goes on from now where events are gone that were not read: this service was away for too long. Who missed them is told to staff, and
 * a receiver of the environment gets all products as they are now.
 */
async function beginAnew({ db, logger, feeds }: FollowDeps, source: EventSource): Promise<void> {
  const before = await db.selectFrom('feed_positions').selectAll().where('feed', '=', source).executeTakeFirst()
  const position = await feeds[source].begin(readerName)
  const missed = await inTransaction(db, async (tx) => {
    const now = await tx
      .selectFrom('feed_positions')
      .selectAll()
      .where('feed', '=', source)
      .forUpdate()
      .executeTakeFirst()
    // Another process was faster, or nobody wants it any more.
    if (now === undefined || now.revision !== before?.revision) return []
    await storePosition(tx, source, position)
    const active = await tx
      .selectFrom('subscriptions')
      .select(['id', 'event_types', 'source'])
      .where('is_active', '=', true)
      .execute()
    const touched = active.filter(({ event_types }) => sourcesOf(event_types).includes(source))
    for (const { id, source: namedBy } of touched)
      await tx
        .updateTable('subscriptions')
        .set({
          events_missed_at: sql`clock_timestamp()`,
          ...(source === 'inventory' && namedBy === 'environment' && { sync_after: 0 }),
        })
        .where('id', '=', id)
        .execute()
    return touched.map(({ id }) => id)
  })
  if (missed.length === 0) return
  logger.error(
    { source, subscriptions: missed },
    'events were dropped before they were read, so receivers missed some: ask for a sync of their products',
  )
}
