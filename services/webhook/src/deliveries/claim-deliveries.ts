import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { WebhookTables } from '../database.ts'

/** How often at most a receiver is told of the stock of one product: four times a second. */
const stockPaceMs = 250

/** A delivery that this process is to make now, with all that it takes. */
export type ClaimedDelivery = {
  id: number
  claim: string
  attempts: number
  event_id: string
  event_type: string
  subject: string
  version: number
  occurred_at: string
  data: unknown
  kind: 'webhook' | 'directus' | 'message'
  /** Which receiver of the environment it is for. */
  name: string | null
  url: string
  /** By which its message is signed, unless the secret stands in the environment. */
  secrets: string[]
}

/**
 * Takes deliveries of a subscription that are due, so that for `leaseMs` no other process makes them. An event is taken once all earlier
 * ones of its subject are delivered or given up, and `stock.changed` only a while after the receiver was told of that product's stock
 * last: counted from its answer, so that no delay on the way brings two together.
 */
export async function claimDeliveries(
  db: Db<WebhookTables>,
  subscriptionId: number,
  most: number,
  leaseMs: number,
): Promise<ClaimedDelivery[]> {
  const { rows } = await sql<ClaimedDelivery>`
    update deliveries d
    set claim = gen_random_uuid(), attempts = attempts + 1, sent_at = clock_timestamp(),
      due_at = clock_timestamp() + ${leaseMs}::float8 * interval '1 millisecond'
    from subscriptions s, events e
    where d.id = any(array(
        select id from deliveries w
        where subscription_id = ${subscriptionId} and state = 'waiting' and due_at <= (select clock_timestamp())
          and not exists (
            select from deliveries earlier
            where earlier.subscription_id = w.subscription_id and earlier.subject = w.subject
              and earlier.state = 'waiting' and earlier.id < w.id
          )
          and not (event_type = 'stock.changed' and exists (
            select from deliveries told
            where told.subscription_id = w.subscription_id and told.subject = w.subject
              and told.event_type = 'stock.changed'
              and told.answered_at > (select clock_timestamp() - ${stockPaceMs} * interval '1 millisecond')
          ))
        order by due_at, id limit ${most} for update skip locked
      ))
      and s.id = d.subscription_id and s.is_active and e.id = d.event_id
    returning d.id, d.claim, d.attempts, d.event_id, d.event_type, d.subject, e.version, e.occurred_at, e.data,
      s.kind, s.name, s.url, array_remove(array[
        s.secret, case when s.previous_secret_until > clock_timestamp() then s.previous_secret end
      ], null) as secrets`.execute(db)
  return rows
}

/** In how many milliseconds a delivery of a subscription is due, or undefined while none waits. */
export async function nextDueMs(db: Db<WebhookTables>, subscriptionId: number): Promise<number | undefined> {
  const { rows } = await sql<{ ms: number | null }>`
    select extract(epoch from min(due_at) - clock_timestamp())::float8 * 1000 as ms
    from deliveries where subscription_id = ${subscriptionId} and state = 'waiting'`.execute(db)
  return rows[0]?.ms ?? undefined
}
