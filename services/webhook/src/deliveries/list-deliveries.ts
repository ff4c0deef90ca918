import { defaultListLimit } from '@kakilima/contracts/lists'
import { problem } from '@kakilima/contracts/problems'
import type { Delivery, DeliveryDetail, DeliveryListQuery } from '@kakilima/contracts/webhooks'
import type { Db } from '@kakilima/kit/database'
import type { WebhookTables } from '../database.ts'
import { bodyOf, type DeliveryRow, presentDelivery } from './delivery.ts'

/** Deliveries, newest first, and whether there are more. */
export async function listDeliveries(
  db: Db<WebhookTables>,
  { limit = defaultListLimit, before, subscription_id, state, event_type }: DeliveryListQuery,
): Promise<{ rows: Delivery[]; hasMore: boolean }> {
  let query = ofKnownSubscriptions(db)
  if (before !== undefined) query = query.where('d.id', '<', before)
  if (subscription_id !== undefined) query = query.where('d.subscription_id', '=', subscription_id)
  if (state !== undefined) query = query.where('d.state', '=', state)
  if (event_type !== undefined) query = query.where('d.event_type', '=', event_type)
  const rows = await query
    .orderBy('d.id', 'desc')
    .limit(limit + 1)
    .execute()
  return { rows: rows.slice(0, limit).map(presentDelivery), hasMore: rows.length > limit }
}

/** The row of a delivery. Throws `delivery-not-found`. */
export async function deliveryRow(db: Db<WebhookTables>, id: number): Promise<DeliveryRow> {
  const row = await ofKnownSubscriptions(db).where('d.id', '=', id).executeTakeFirst()
  if (row === undefined) throw problem('delivery-not-found', 'Delivery not found')
  return row
}

/** A delivery with what was sent and answered at the last try. */
export async function findDelivery(db: Db<WebhookTables>, id: number): Promise<DeliveryDetail> {
  const row = await deliveryRow(db, id)
  const event = await db.selectFrom('events').selectAll().where('id', '=', row.event_id).executeTakeFirstOrThrow()
  const { kind } = await db
    .selectFrom('subscriptions')
    .select('kind')
    .where('id', '=', row.subscription_id)
    .executeTakeFirstOrThrow()
  return {
    ...presentDelivery(row),
    request: row.request && { ...row.request, body: kind === 'webhook' ? bodyOf(event) : row.request.body },
    response: row.response_status === null ? null : { status: row.response_status, body: row.response_body ?? '' },
  }
}

function ofKnownSubscriptions(db: Db<WebhookTables>) {
  return db
    .selectFrom('deliveries as d')
    .innerJoin('subscriptions as s', 's.id', 'd.subscription_id')
    .selectAll('d')
    .where('s.deleted_at', 'is', null)
}
