import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { WebhookTables } from '../database.ts'
import { trimDeliveries } from './trim-deliveries.ts'

const db = await testDatabase<WebhookTables>('webhook')
const limits = { keepHours: 72, retryHours: 72 }

beforeEach(async () => {
  await sql`truncate subscriptions, events, deliveries restart identity cascade`.execute(db)
  await sql`insert into subscriptions (url, secret, event_types) values ('https://a.example/', 'x', '{*}'), ('https://b.example/', 'x', '{*}')`.execute(
    db,
  )
})

type Kept = { state: string; hours: number; type?: string; subscription?: number; attempts?: number }

/** Deliveries of one event that ended (or, where they wait, began) so many hours ago. */
async function store(eventId: string, ...deliveries: Kept[]): Promise<void> {
  await sql`
    insert into events (id, type, subject, version, occurred_at, data)
    values (${eventId}, 'x', 'product:1', 1, clock_timestamp(), '{}')`.execute(db)
  for (const { state, hours, type = 'product.updated', subscription = 1, attempts = 1 } of deliveries)
    await sql`
      insert into deliveries (subscription_id, event_id, event_type, subject, state, attempts, queued_at, due_at, ended_at)
      select ${subscription}, ${eventId}, ${type}, 'product:1', ${state}, ${attempts}, at, at,
        case when ${state} <> 'waiting' then at end
      from (select clock_timestamp() - ${hours}::float8 * interval '1 hour' as at)`.execute(db)
}

async function left(): Promise<string[]> {
  const deliveries = await db.selectFrom('deliveries').select(['event_id', 'state']).orderBy('id').execute()
  const events = await db.selectFrom('events').select('id').execute()
  // No event without a delivery.
  expect(new Set(events.map(({ id }) => id))).toEqual(new Set(deliveries.map(({ event_id }) => event_id)))
  return deliveries.map(({ event_id, state }) => `${event_id} ${state}`)
}

test('what was delivered, or went to nobody, is dropped after its time, what is parked after thirty days', async () => {
  await store('old', { state: 'delivered', hours: 73 })
  await store('new', { state: 'delivered', hours: 71 })
  await store('nobody', { state: 'skipped', hours: 73 })
  await store('parked', { state: 'parked', hours: 719 })
  await store('forgotten', { state: 'parked', hours: 721 })
  await store('waiting', { state: 'waiting', hours: 71 })
  expect(await trimDeliveries(db, limits)).toBe(3)
  expect(await left()).toEqual(['new delivered', 'parked parked', 'waiting waiting'])
})

test('stock that was told, or taken the place of, is dropped after an hour', async () => {
  const type = 'stock.changed'
  await store('told', { state: 'delivered', hours: 1.1, type })
  await store('recent', { state: 'delivered', hours: 0.9, type })
  await store('superseded', { state: 'superseded', hours: 1.1, type })
  expect(await trimDeliveries(db, limits)).toBe(2)
  expect(await left()).toEqual(['recent delivered'])
})

test('an event stays as long as one receiver still needs it', async () => {
  await store('shared', { state: 'delivered', hours: 73 }, { state: 'waiting', hours: 1, subscription: 2 })
  expect(await trimDeliveries(db, limits)).toBe(1)
  expect(await left()).toEqual(['shared waiting'])
})

test('a deleted subscription goes with all that is left of it', async () => {
  await store('shared', { state: 'waiting', hours: 0 }, { state: 'waiting', hours: 0, subscription: 2 })
  await sql`update subscriptions set is_active = false, deleted_at = clock_timestamp() where id = 1`.execute(db)
  expect(await trimDeliveries(db, limits)).toBe(1)
  expect(await left()).toEqual(['shared waiting'])
  expect(await db.selectFrom('subscriptions').select('id').execute()).toEqual([{ id: 2 }])
})

test('what could not be sent for so long is parked, also where it was never tried', async () => {
  await store('untried', { state: 'waiting', hours: 73, attempts: 0 })
  await store('tried', { state: 'waiting', hours: 73 })
  await store('recent', { state: 'waiting', hours: 71, attempts: 0 })
  expect(await trimDeliveries(db, limits)).toBe(2)
  expect(await left()).toEqual(['untried parked', 'tried parked', 'recent waiting'])
})

test('a long list is dropped batch by batch', async () => {
  await sql`
    with e as (
      insert into events (id, type, subject, version, occurred_at, data)
      select 'e' || n, 'x', 'product:1', 1, clock_timestamp(), '{}' from generate_series(1, 2500) as n returning id
    )
    insert into deliveries (subscription_id, event_id, event_type, subject, state, ended_at)
    select 1, id, 'product.updated', 'product:1', 'delivered', clock_timestamp() - interval '80 hours' from e`.execute(
    db,
  )
  expect([await trimDeliveries(db, limits), await trimDeliveries(db, limits)]).toEqual([1000, 1000])
  expect([await trimDeliveries(db, limits), await trimDeliveries(db, limits)]).toEqual([500, 0])
  expect(await left()).toEqual([])
})
