import type { EventSource } from '@kakilima/contracts/events'
import { problem } from '@kakilima/contracts/problems'
import type { EventFeedClient } from '@kakilima/contracts/shop-clients'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql, type Transaction } from 'kysely'
import type { WebhookTables } from '../database.ts'
import { sourcesOf } from './subscription.ts'

/** The name under which the services keep events for this one. */
export const readerName = 'webhook'

export type Feeds = Record<EventSource, EventFeedClient>

/** The services whose events some active subscription wants. */
async function wantedSources(db: Db<WebhookTables>): Promise<EventSource[]> {
  const rows = await db.selectFrom('subscriptions').select('event_types').where('is_active', '=', true).execute()
  return sourcesOf(rows.flatMap(({ event_types }) => event_types))
}

/**
 * Changes what is wanted by a subscription, and begins to follow the services that are wanted now and were not before: from a moment
 * before the change, so that none of the events after it is missed. `patterns` are those that the change asks for.
 */
export async function followAndChange<T>(
  db: Db<WebhookTables>,
  feeds: Feeds,
  patterns: string[],
  change: (tx: Transaction<WebhookTables>) => Promise<T>,
): Promise<T> {
  const known = await db.selectFrom('feed_positions').select('feed').execute()
  const missing = sourcesOf(patterns).filter((source) => !known.some(({ feed }) => feed === source))
  const begun = await Promise.all(missing.map(async (feed) => ({ feed, ...(await feeds[feed].begin(readerName)) })))
  return inTransaction(db, async (tx) => {
    await lockPositions(tx)
    for (const { feed, after, missing: gaps } of begun) await storeFirstPosition(tx, feed, { after, missing: gaps })
    const followed = await tx.selectFrom('feed_positions').select('feed').execute()
    // Somebody let go of one since it was looked for, because nobody wanted it any more.
    if (sourcesOf(patterns).some((source) => !followed.some(({ feed }) => feed === source)))
      throw problem('subscription-state', 'Subscriptions are being changed at this moment: try again')
    return change(tx)
  })
}

/** Begins to follow a service that is wanted and was not followed, and lets go of one that nobody wants. */
export async function settleFeed(db: Db<WebhookTables>, feeds: Feeds, source: EventSource): Promise<void> {
  await inTransaction(db, async (tx) => {
    await lockPositions(tx)
    const isWanted = (await wantedSources(tx)).includes(source)
    if (isWanted) {
      const followed = await tx.selectFrom('feed_positions').select('feed').where('feed', '=', source).execute()
      // Another process was faster.
      if (followed.length === 0) await storeFirstPosition(tx, source, await feeds[source].begin(readerName))
    } else {
      // First the service is told: where that fails, the position stays and this is tried again.
      await feeds[source].leave(readerName)
      await tx.deleteFrom('feed_positions').where('feed', '=', source).execute()
    }
  })
}

/** Of those who change what is followed one goes after the other, also while a neighbour is asked. */
async function lockPositions(tx: Transaction<WebhookTables>): Promise<void> {
  await sql`lock table feed_positions in share row exclusive mode`.execute(tx)
}

async function storeFirstPosition(
  tx: Transaction<WebhookTables>,
  feed: EventSource,
  { after, missing }: { after: number; missing: number[] },
): Promise<void> {
  // No follower takes this position for one that was deleted before: revisions are counted from a number of its own.
  await sql`
    insert into feed_positions (feed, after, missing, revision)
    values (${feed}, ${after}, ${JSON.stringify(missing)}::jsonb, (extract(epoch from clock_timestamp()) * 1000)::int8)
    on conflict (feed) do nothing`.execute(tx)
}
