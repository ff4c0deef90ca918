import type { EventType } from '@kakilima/contracts/events'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { WebhookTables } from '../database.ts'
import { claimDeliveries } from '../deliveries/claim-deliveries.ts'
import { recordOutcome } from '../deliveries/record-outcome.ts'
import { storeEvents } from './store-events.ts'

const db = await testDatabase<WebhookTables>('webhook')
let lastId = 0

beforeEach(async () => {
  await sql`truncate subscriptions, events, deliveries restart identity cascade`.execute(db)
  lastId = 0
})

async function subscribe(event_types: string[], is_active = true): Promise<number> {
  const secret = 'whsec_c2VjcmV0'
  const { id } = await db
    .insertInto('subscriptions')
    .values({ url: 'https://example.com/', secret, event_types, is_active })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

const event = (type: EventType, subject_id: number) => ({
  id: ++lastId,
  type,
  subject_id,
  version: lastId,
  occurred_at: '2026-11-22T08:00:00.123Z',
  data: { id: subject_id, version: lastId },
})

const store = (events: ReturnType<typeof event>[]) =>
  db.transaction().execute((tx) => storeEvents(tx, 'inventory', events))

/** What each subscription is to be told, in order: `1 inventory-3 waiting`. */
async function queued(): Promise<string[]> {
  const rows = await db.selectFrom('deliveries').selectAll().orderBy('subscription_id').orderBy('id').execute()
  return rows.map(({ subscription_id, event_id, state }) => `${subscription_id} ${event_id} ${state}`)
}

test('an event is stored once, with a delivery for each active subscription that wants it', async () => {
  await subscribe(['product.*', 'stock.changed'])
  await subscribe(['*'])
  await subscribe(['order.*'])
  await subscribe(['*'], false)
  await store([event('product.created', 5), event('stock.changed', 5)])
  expect(await queued()).toEqual([
    '1 inventory-1 waiting',
    '1 inventory-2 waiting',
    '2 inventory-1 waiting',
    '2 inventory-2 waiting',
  ])
  expect(await db.selectFrom('events').selectAll().orderBy('id').execute()).toEqual([
    {
      id: 'inventory-1',
      type: 'product.created',
      subject: 'product:5',
      version: 1,
      occurred_at: '2026-11-22T08:00:00.123Z',
      data: { id: 5, version: 1 },
    },
    expect.objectContaining({ id: 'inventory-2' }),
  ])
})

test('what nobody wants is not stored', async () => {
  await subscribe(['order.*'])
  await store([event('product.created', 5), event('stock.changed', 5)])
  expect(await queued()).toEqual([])
  expect(await db.selectFrom('events').selectAll().execute()).toEqual([])
})

test('stored again, an event is delivered once', async () => {
  await subscribe(['*'])
  const events = [event('product.created', 5), event('product.updated', 5)]
  await store(events)
  await store(events)
  expect(await queued()).toEqual(['1 inventory-1 waiting', '1 inventory-2 waiting'])
})

test('a receiver that is away gets no backlog of stock, and every other event', async () => {
  await subscribe(['*'])
  for (let round = 0; round < 30; round++)
    await store([event('stock.changed', 5), event('stock.changed', 6), event('stock.changed', 5)])
  await store([event('product.updated', 5)])
  expect(await queued()).toEqual(['1 inventory-89 waiting', '1 inventory-90 waiting', '1 inventory-91 waiting'])
  expect(await db.selectFrom('events').selectAll().execute()).toHaveLength(3)
})

test('newer stock takes over the pauses of the one that failed, whose try stays to be seen', async () => {
  const subscription = await subscribe(['*'])
  await store([event('stock.changed', 5)])
  const [claimed] = await claimDeliveries(db, subscription, 8, 10_000)
  const failed = { verdict: 'failed', request: null, status: 500, body: 'x', error: 'x', retryAfterMs: 60_000 } as const
  await recordOutcome(db, { ...claimed!, subscriptionId: subscription }, failed, 5, 72)
  await store([event('stock.changed', 5)])
  expect(await queued()).toEqual(['1 inventory-1 superseded', '1 inventory-2 waiting'])
  const newer = await db.selectFrom('deliveries').selectAll().where('event_id', '=', 'inventory-2').executeTakeFirst()
  expect(newer).toMatchObject({ attempts: 1, response_status: null })
  expect(Date.parse(newer!.due_at)).toBeGreaterThan(Date.now() + 30_000)
  expect(await claimDeliveries(db, subscription, 8, 10_000)).toEqual([])
})

test('one that is being sent is left alone, and newer stock waits behind it', async () => {
  const subscription = await subscribe(['*'])
  await store([event('stock.changed', 5)])
  const [claimed] = await claimDeliveries(db, subscription, 8, 10_000)
  await store([event('stock.changed', 5)])
  await store([event('stock.changed', 5)])
  expect(await queued()).toEqual(['1 inventory-1 waiting', '1 inventory-3 waiting'])
  const failed = { verdict: 'failed', request: null, status: 500, body: '', error: 'x', retryAfterMs: 60_000 } as const
  await recordOutcome(db, { ...claimed!, subscriptionId: subscription }, failed, 5, 72)
  // Not tried again, since there is newer; and that one is tried no sooner.
  expect(await queued()).toEqual(['1 inventory-1 superseded', '1 inventory-3 waiting'])
  const newer = await db.selectFrom('deliveries').selectAll().where('event_id', '=', 'inventory-3').executeTakeFirst()
  expect(newer!.attempts).toBe(1)
  expect(Date.parse(newer!.due_at)).toBeGreaterThan(Date.now() + 30_000)
})

test('of one product, stock and other changes keep their order', async () => {
  const subscription = await subscribe(['*'])
  await store([event('stock.changed', 5), event('product.updated', 5)])
  await store([event('stock.changed', 5)])
  // Not in the place of the first: what a receiver had before the update must not look newer than it.
  expect(await queued()).toEqual(['1 inventory-2 waiting', '1 inventory-3 waiting'])
  expect((await claimDeliveries(db, subscription, 8, 10_000)).map(({ event_id }) => event_id)).toEqual(['inventory-2'])
})
