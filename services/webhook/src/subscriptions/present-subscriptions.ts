import type { Db } from '@kakilima/kit/database'
import type { Subscription } from '@kakilima/contracts/webhooks'
import { problem } from '@kakilima/contracts/problems'
import type { WebhookTables } from '../database.ts'
import { presentSubscription, type SubscriptionRow } from './subscription.ts'

/** All subscriptions in ascending id, with how many deliveries each has waiting and parked. */
export async function listSubscriptions(db: Db<WebhookTables>): Promise<Subscription[]> {
  const rows = await db.selectFrom('subscriptions').selectAll().where('deleted_at', 'is', null).orderBy('id').execute()
  const counts = await countDeliveries(
    db,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => presentSubscription(row, counts.get(row.id) ?? none))
}

/** One subscription as others see it. Throws `subscription-not-found`. */
export async function findSubscription(db: Db<WebhookTables>, id: number): Promise<Subscription> {
  const row = await subscriptionRow(db, id)
  return presentSubscription(row, (await countDeliveries(db, [id])).get(id) ?? none)
}

/** The row of a subscription. Throws `subscription-not-found`. */
export async function subscriptionRow(db: Db<WebhookTables>, id: number): Promise<SubscriptionRow> {
  const row = await db
    .selectFrom('subscriptions')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined) throw problem('subscription-not-found', 'Subscription not found')
  return row
}

/** As `subscriptionRow`, of what staff may change. Throws `subscription-state` for what the environment names. */
export async function ownSubscriptionRow(db: Db<WebhookTables>, id: number): Promise<SubscriptionRow> {
  const row = await subscriptionRow(db, id)
  if (row.source === 'environment')
    throw problem('subscription-state', 'This receiver is named in the environment of the shop and changed there')
  return row
}

type Counts = { waiting: number; parked: number }
const none: Counts = { waiting: 0, parked: 0 }

async function countDeliveries(db: Db<WebhookTables>, ids: number[]): Promise<Map<number, Counts>> {
  const rows = await db
    .selectFrom('deliveries')
    .select(['subscription_id', 'state', ({ fn }) => fn.countAll<number>().as('deliveries')])
    .where('subscription_id', 'in', ids.length > 0 ? ids : [0])
    .where('state', 'in', ['waiting', 'parked'])
    .groupBy(['subscription_id', 'state'])
    .execute()
  const counts = new Map<number, Counts>()
  for (const { subscription_id, state, deliveries } of rows)
    counts.set(subscription_id, { ...(counts.get(subscription_id) ?? none), [state]: deliveries })
  return counts
}
