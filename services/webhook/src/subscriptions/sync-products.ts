import type { Product } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { WebhookTables } from '../database.ts'
import { requeued } from '../deliveries/requeue.ts'
import { subjectOf } from '../events/event.ts'
import { type QueuedEvent, queueEvents } from '../events/queue-events.ts'
import { subscriptionRow } from './present-subscriptions.ts'
import { wants } from './subscription.ts'

const pageSize = 200
/** While so many deliveries of a subscription wait, no more products are queued for it. */
const enoughWaiting = 1000

/** Asks that all products be queued for a subscription as they are now. What is under way begins anew. */
export async function requestSync(db: Db<WebhookTables>, id: number): Promise<void> {
  await changeAsStaff(db, { action: 'subscription.sync', table: 'subscriptions', id }, async (tx) => {
    const { is_active, event_types } = await subscriptionRow(tx, id)
    if (!is_active) throw problem('subscription-state', 'The subscription is not active, so nothing is sent')
    if (!wants(event_types, 'product.updated'))
      throw problem('subscription-state', 'The subscription does not ask for product.updated')
    await tx.updateTable('subscriptions').set({ sync_after: 0 }).where('id', '=', id).execute()
  })
}

/**
 * Queues one page of products for each subscription that has a sync in progress, as `product.updated`. Returns whether there is more to do
 * right away. What changes from here on comes as an event, so it waits until the events of products are followed.
 */
export async function syncProducts(
  db: Db<WebhookTables>,
  readPage: (query: string) => Promise<Product[]>,
): Promise<boolean> {
  const { rows } = await sql<{ id: number; sync_after: number }>`
    select id, sync_after from subscriptions s
    where is_active and sync_after is not null
      and exists (select from feed_positions where feed = 'inventory')
      and (
        select count(*) from (
          select from deliveries d where d.subscription_id = s.id and d.state = 'waiting' limit ${enoughWaiting}
        ) as waiting
      ) < ${enoughWaiting}
    order by id`.execute(db)
  for (const { id, sync_after } of rows) {
    const products = await readPage(`limit=${pageSize}&after=${sync_after}`)
    await queuePage(db, id, sync_after, products)
  }
  return rows.length > 0
}

async function queuePage(db: Db<WebhookTables>, id: number, after: number, products: Product[]): Promise<void> {
  const next = products.length < pageSize ? null : products.at(-1)!.id
  await inTransaction(db, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('subscriptions')
      .set({ sync_after: next })
      .where('id', '=', id)
      .where('is_active', '=', true)
      // Another process may have queued this page, and staff may have asked anew.
      .where('sync_after', '=', after)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return
    const gone = await deletedAmong(tx, products)
    const events = products.map((product) => eventOf(id, product)).filter(({ subject }) => !gone.has(subject))
    await queueEvents(
      tx,
      events.map((event) => ({ subscriptionId: id, event })),
    )
    // Those that it was sent in an earlier sync, and that have not changed since.
    await sql`
      update deliveries set ${requeued}
      where subscription_id = ${id} and event_id = any(${events.map((event) => event.id)}::text[]) and state <> 'waiting'
    `.execute(tx)
  })
}

function eventOf(subscriptionId: number, product: Product): QueuedEvent {
  return {
    id: `sync-${subscriptionId}-${product.id}-${product.version}`,
    type: 'product.updated',
    subject: subjectOf('inventory', product.id),
    version: product.version,
    occurred_at: product.updated_at,
    data: product,
  }
}

/** The page was read a moment ago, and the event of a deletion may have come since. */
async function deletedAmong(db: Db<WebhookTables>, products: Product[]): Promise<Set<string>> {
  const rows = await db
    .selectFrom('events')
    .select('subject')
    .where('type', '=', 'product.deleted')
    .where('subject', '=', sql<string>`any(${products.map(({ id }) => subjectOf('inventory', id))}::text[])`)
    .execute()
  return new Set(rows.map(({ subject }) => subject))
}
