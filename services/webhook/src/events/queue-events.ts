import type { EventType } from '@kakilima/contracts/events'
import { sql, type Transaction } from 'kysely'
import type { WebhookTables } from '../database.ts'

/** An event as it is stored here. */
export type QueuedEvent = {
  id: string
  type: EventType
  subject: string
  version: number
  occurred_at: string
  data: unknown
}

/**
 * Stores events, once for all, and a delivery for each subscription that wants one: `wanted` pairs them, in the order in which they are
 * to be sent. A newer `stock.changed` takes the place of one of the same product that still waits, with its pauses: a receiver that is
 * away gets no backlog of them, and is not asked more often because of them.
 */
export async function queueEvents(
  tx: Transaction<WebhookTables>,
  wanted: { subscriptionId: number; event: QueuedEvent }[],
): Promise<void> {
  if (wanted.length === 0) return
  const events = [...new Map(wanted.map(({ event }) => [event.id, event])).values()]
  await sql`
    insert into events (id, type, subject, version, occurred_at, data)
    select id, type, subject, version, occurred_at, data
    from jsonb_to_recordset(${JSON.stringify(events)}::jsonb)
      as event(id text, type text, subject text, version int8, occurred_at timestamptz, data jsonb)
    on conflict (id) do nothing`.execute(tx)
  const outdated = await dropOutdatedStock(tx, wanted)
  await sql`
    insert into deliveries (subscription_id, event_id, event_type, subject, attempts, due_at)
    select subscription_id, event_id, event_type, subject, coalesce(o.attempts, 0),
      greatest(clock_timestamp(), o.due_at, (
        -- Behind one that failed and rests, it has to wait anyway.
        select max(earlier.due_at) from deliveries earlier
        where earlier.subscription_id = w.subscription_id and earlier.subject = w.subject
          and earlier.state = 'waiting' and earlier.claim is null
      ))
    from unnest(
      ${wanted.map(({ subscriptionId }) => subscriptionId)}::int8[], ${wanted.map(({ event }) => event.id)}::text[],
      ${wanted.map(({ event }) => event.type)}::text[], ${wanted.map(({ event }) => event.subject)}::text[]
    ) with ordinality as w(subscription_id, event_id, event_type, subject, place)
    left join jsonb_to_recordset(${JSON.stringify(outdated)}::jsonb)
      as o(subscription_id int8, subject text, event_type text, attempts int, due_at timestamptz)
      using (subscription_id, subject, event_type)
    order by place
    on conflict (event_id, subscription_id) do nothing`.execute(tx)
}

type Outdated = { subscription_id: number; subject: string; event_type: string; attempts: number; due_at: string }

/** What nobody is at any more is out of the way; of what was tried, the try stays to be seen. Returns how far each had come. */
async function dropOutdatedStock(
  tx: Transaction<WebhookTables>,
  wanted: { subscriptionId: number; event: QueuedEvent }[],
): Promise<Outdated[]> {
  const stock = wanted.filter(({ event }) => event.type === 'stock.changed')
  if (stock.length === 0) return []
  const { rows } = await sql<Outdated & { event_id: string }>`
    with newer as (
      select * from unnest(
        ${stock.map(({ subscriptionId }) => subscriptionId)}::int8[], ${stock.map(({ event }) => event.subject)}::text[]
      ) as n(subscription_id, subject)
    ), outdated as (
      select d.id, d.subscription_id, d.subject, d.event_id, d.event_type, d.attempts, d.due_at
      from newer n join deliveries d using (subscription_id, subject)
      where d.state = 'waiting' and d.event_type = 'stock.changed'
        and (d.claim is null or d.due_at <= (select clock_timestamp()))
      for update of d skip locked
    ), tried as (
      update deliveries d set state = 'superseded', ended_at = clock_timestamp(), claim = null
      from outdated o where d.id = o.id and o.attempts > 0
    ), untried as (
      delete from deliveries d using outdated o where d.id = o.id and o.attempts = 0
    )
    select * from outdated`.execute(tx)
  await sql`
    delete from events e
    where id = any(${rows.filter(({ attempts }) => attempts === 0).map((row) => row.event_id)}::text[])
      and not exists (select from deliveries d where d.event_id = e.id)`.execute(tx)
  // Of one product several can be waiting for one receiver, where a process died in the middle of sending.
  const furthest = new Map<string, Outdated>()
  for (const { event_id: _, ...row } of rows) {
    const key = `${row.subscription_id} ${row.subject}`
    const known = furthest.get(key)
    if (known === undefined || known.attempts < row.attempts) furthest.set(key, row)
  }
  return [...furthest.values()]
}
