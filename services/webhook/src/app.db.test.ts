import { publicEventTypes } from '@kakilima/contracts/events'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { auditLogOf, whileAuditLogIsFull } from '@kakilima/testkit/audit-log'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { fakeFeed } from '@kakilima/testkit/fake-feed'
import { unreachable } from '@kakilima/testkit/fake-neighbors'
import { sql } from 'kysely'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { buildApp } from './app.ts'
import { readWebhookConfig } from './config.ts'
import type { WebhookTables } from './database.ts'
import { claimDeliveries } from './deliveries/claim-deliveries.ts'
import { recordOutcome } from './deliveries/record-outcome.ts'
import { storeEvents } from './events/store-events.ts'
import { keepEnvironmentReceivers } from './subscriptions/environment-receivers.ts'

const db = await testDatabase<WebhookTables>('webhook')
const config = readWebhookConfig(testEnvironment({ WEBHOOK_DATABASE_URL: 'postgres://unused' }))
let feeds = { inventory: fakeFeed(), order: fakeFeed(), payment: fakeFeed() }
let changes = 0
const app = await buildApp({
  config,
  db,
  logger: silentLogger(),
  feeds: {
    inventory: { ...feeds.inventory, begin: (reader) => feeds.inventory.begin(reader) },
    order: { ...feeds.order, begin: (reader) => feeds.order.begin(reader) },
    payment: { ...feeds.payment, begin: (reader) => feeds.payment.begin(reader) },
  },
  onChanged: () => changes++,
})
afterAll(() => app.close())

beforeEach(async () => {
  await sql`truncate subscriptions, events, deliveries, feed_positions, audit_log restart identity cascade`.execute(db)
  feeds = { inventory: fakeFeed(), order: fakeFeed(), payment: fakeFeed() }
  changes = 0
})

const url = 'https://example.com/events'
const post = (path: string, payload?: object) =>
  app.inject({ method: 'POST', url: path, headers: { 'x-actor-id': '7' }, ...(payload && { payload }) })
const put = (path: string, payload: object) => app.inject({ method: 'PUT', url: path, payload })
const create = async (event_types = ['product.*']) => (await post('/subscriptions', { url, event_types })).json()

const environment = { name: 'n8n', kind: 'webhook' as const, url: 'http://10.0.0.7:5678/webhook', secret: 'unused' }

/** A delivery of one event of each product to subscription 1, in this state. */
async function deliver(state: 'delivered' | 'parked' | 'waiting', ...products: number[]): Promise<void> {
  const time = { version: 3, occurred_at: '2026-11-22T08:00:00.000Z' }
  const events = products.map((id) => ({ id, type: 'product.updated' as const, subject_id: id, data: { id }, ...time }))
  await db.transaction().execute((tx) => storeEvents(tx, 'inventory', events))
  if (state === 'waiting') return
  for (const claimed of await claimDeliveries(db, 1, products.length, 10_000)) {
    const request = { method: 'POST', url, headers: { 'webhook-id': claimed.event_id }, body: null }
    const outcome = { request, body: 'said', retryAfterMs: null }
    const ended =
      state === 'delivered'
        ? { ...outcome, verdict: 'delivered' as const, status: 204, error: null }
        : { ...outcome, verdict: 'failed' as const, status: 500, error: 'The receiver answered 500' }
    await recordOutcome(db, { ...claimed, subscriptionId: 1 }, ended, 5, 0)
  }
}

test('a subscription is made, read, changed and deleted, and its secret is told once', async () => {
  const made = await post('/subscriptions', { url: `${url}#part`, event_types: ['product.*', 'stock.changed'] })
  expect([made.statusCode, made.headers.location]).toEqual([201, '/subscriptions/1'])
  const { secret, ...shown } = made.json()
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  expect(shown).toEqual({
    id: 1,
    kind: 'webhook',
    source: 'staff',
    url,
    event_types: ['product.*', 'stock.changed'],
    description: '',
    is_active: true,
    inactive_reason: null,
    is_syncing: false,
    waiting: 0,
    parked: 0,
    last_success_at: null,
    last_failure_at: null,
    events_missed_at: null,
    version: 1,
    created_at: time,
    updated_at: time,
  })
  expect((await app.inject('/subscriptions')).json()).toEqual([shown])
  const changed = await put('/subscriptions/1', { event_types: ['order.paid'], description: 'for the bookkeeper' })
  expect(changed.json()).toEqual({
    ...shown,
    event_types: ['order.paid'],
    description: 'for the bookkeeper',
    version: 2,
    updated_at: time,
  })
  const { secret: renewed, previous_secret_until: until } = (await post('/subscriptions/1/secret')).json()
  expect(renewed).toMatch(/^whsec_/)
  expect(renewed).not.toBe(secret)
  expect(Date.parse(until) - Date.now()).toBeGreaterThan(23 * 3_600_000)
  expect(changes).toBe(2)
  const answers = await Promise.all(
    ['/subscriptions', '/subscriptions/1', '/audit-log'].map((path) => app.inject(path)),
  )
  for (const { body } of answers) expect(body).not.toMatch(/whsec_|"secret"/)
  expect((await app.inject({ method: 'DELETE', url: '/subscriptions/1' })).json()).toEqual({
    message: 'Subscription deleted successfully',
  })
  expect((await app.inject('/subscriptions')).json()).toEqual([])
  for (const method of ['GET', 'DELETE'] as const) {
    const gone = await app.inject({ method, url: '/subscriptions/1' })
    expect([gone.statusCode, gone.json().type]).toEqual([404, '/problems/subscription-not-found'])
  }
})

test('what staff change is logged, and nothing of a secret', async () => {
  await create()
  await put('/subscriptions/1', { is_active: false })
  await post('/subscriptions/1/secret')
  await app.inject({ method: 'DELETE', url: '/subscriptions/1' })
  const log = await auditLogOf(db)
  expect(log.map(({ action, actor_id, subject_id }) => [action, actor_id, subject_id])).toEqual([
    ['subscription.create', 7, 1],
    ['subscription.update', null, 1],
    ['subscription.renew_secret', 7, 1],
    ['subscription.delete', null, 1],
  ])
  expect(log[0]).toMatchObject({ before: null, after: { url, event_types: ['product.*'], is_active: true } })
  expect(log[1]).toMatchObject({ before: { is_active: true, version: 1 }, after: { is_active: false, version: 2 } })
  expect(log[2]).toMatchObject({ after: { version: 3, previous_secret_until: expect.any(String) } })
  expect(log[3]).toMatchObject({ before: { url }, after: null })
  expect(JSON.stringify(log)).not.toMatch(/whsec_|"secret"|"previous_secret"/)
})

test('no change is made that cannot be logged', async () => {
  await create()
  await whileAuditLogIsFull(db, async () => {
    for (const answer of [
      await create(),
      await put('/subscriptions/1', { description: 'x' }).then((one) => one.json()),
    ])
      expect(answer.status).toBe(500)
  })
  expect((await app.inject('/subscriptions')).json()).toMatchObject([{ id: 1, description: '' }])
})

test('the service that is wanted first is followed before the answer, and no other', async () => {
  feeds.inventory.add('product.created', 1)
  await create(['product.*'])
  expect(await db.selectFrom('feed_positions').selectAll().execute()).toMatchObject([{ feed: 'inventory', after: 1 }])
  feeds.inventory.add('product.created', 2)
  await create(['*'])
  const positions = await db.selectFrom('feed_positions').selectAll().orderBy('feed').execute()
  // Where the first one is stays what it is, or it would miss what lies between.
  expect(positions.map(({ feed, after }) => [feed, after])).toEqual([
    ['inventory', 1],
    ['order', 0],
    ['payment', 0],
  ])
})

test('a subscription is not made while a service that it needs is away', async () => {
  feeds.order.refuse = () => {
    throw unreachable('order')
  }
  const refused = await post('/subscriptions', { url, event_types: ['order.*'] })
  expect([refused.statusCode, refused.json().type]).toEqual([503, '/problems/neighbor-unavailable'])
  expect((await app.inject('/subscriptions')).json()).toEqual([])
  const paused = await post('/subscriptions', { url, event_types: ['order.*'], is_active: false })
  expect(paused.statusCode).toBe(201)
  expect((await put('/subscriptions/1', { is_active: true })).statusCode).toBe(503)
  expect((await app.inject('/subscriptions/1')).json()).toMatchObject({ is_active: false, version: 1 })
})

test.each([
  { url: 'http://127.0.0.1:8002/products' },
  { url: 'http://localhost/' },
  { url: 'ftp://example.com/' },
  { url: 'https://user:pass@example.com/' },
  { url: '' },
  { url: `https://example.com/${'x'.repeat(2000)}` },
  { url, event_types: [] },
  { url, event_types: ['order.confirming'] },
  { url, event_types: ['product'] },
  { url, event_types: 'product.*' },
])('a subscription with %j is refused with 422', async (body) => {
  const answer = await post('/subscriptions', { event_types: ['*'], ...body })
  expect([answer.statusCode, answer.json().type]).toEqual([422, '/problems/invalid-input'])
  await create()
  if ('event_types' in body || body.url !== url) expect((await put('/subscriptions/1', body)).statusCode).toBe(422)
})

test('there are a hundred subscriptions at most', async () => {
  await sql`insert into subscriptions (url, secret, event_types) select ${url}, 'x', '{*}' from generate_series(1, 99)`.execute(
    db,
  )
  expect((await post('/subscriptions', { url, event_types: ['*'] })).statusCode).toBe(201)
  expect((await post('/subscriptions', { url, event_types: ['*'] })).statusCode).toBe(409)
})

test('what the environment names is shown, and changed there only', async () => {
  await keepEnvironmentReceivers(db, [environment])
  expect((await app.inject('/subscriptions')).json()).toMatchObject([
    { source: 'environment', url: environment.url, event_types: ['product.*', 'stock.changed'], is_syncing: true },
  ])
  const answers = [
    await put('/subscriptions/1', { url }),
    await post('/subscriptions/1/secret'),
    await app.inject({ method: 'DELETE', url: '/subscriptions/1' }),
  ]
  for (const answer of answers)
    expect([answer.statusCode, answer.json().type]).toEqual([409, '/problems/subscription-state'])
  expect((await post('/subscriptions/1/sync')).statusCode).toBe(202)
})

test('the subscriptions follow the environment', async () => {
  const seen = async () =>
    (await db.selectFrom('subscriptions').selectAll().execute()).map(
      ({ is_active, url: its, sync_after, version }) => ({
        is_active,
        url: its,
        sync_after,
        version,
      }),
    )
  await keepEnvironmentReceivers(db, [environment])
  await db.updateTable('subscriptions').set({ sync_after: null }).execute()
  await keepEnvironmentReceivers(db, [environment])
  expect(await seen()).toEqual([{ is_active: true, url: environment.url, sync_after: null, version: 1 }])
  await keepEnvironmentReceivers(db, [{ ...environment, url: 'http://10.0.0.8/' }])
  expect(await seen()).toEqual([{ is_active: true, url: 'http://10.0.0.8/', sync_after: 0, version: 2 }])
  await keepEnvironmentReceivers(db, [])
  expect(await seen()).toEqual([{ is_active: false, url: 'http://10.0.0.8/', sync_after: null, version: 3 }])
  await keepEnvironmentReceivers(db, [{ ...environment, url: 'http://10.0.0.8/' }])
  expect(await seen()).toEqual([{ is_active: true, url: 'http://10.0.0.8/', sync_after: 0, version: 4 }])
})

test('a sync is for active subscriptions that want product.updated', async () => {
  await create(['order.*'])
  expect((await post('/subscriptions/1/sync')).statusCode).toBe(409)
  await put('/subscriptions/1', { event_types: ['product.updated'] })
  const asked = await post('/subscriptions/1/sync')
  expect([asked.statusCode, asked.json().is_syncing]).toEqual([202, true])
  await put('/subscriptions/1', { is_active: false })
  expect((await post('/subscriptions/1/sync')).statusCode).toBe(409)
})

test('a delivery shows what was sent and answered', async () => {
  await create()
  await deliver('delivered', 5)
  const { json } = await app.inject('/deliveries')
  const [listed] = json()
  expect(listed).toEqual({
    id: 1,
    subscription_id: 1,
    event_id: 'inventory-5',
    event_type: 'product.updated',
    subject: 'product:5',
    state: 'delivered',
    attempts: 1,
    due_at: null,
    sent_at: expect.any(String),
    duration_ms: 5,
    response_status: 204,
    error: null,
    created_at: expect.any(String),
  })
  expect((await app.inject('/deliveries/1')).json()).toEqual({
    ...listed,
    request: {
      method: 'POST',
      url,
      headers: { 'webhook-id': 'inventory-5' },
      body: '{"id":"inventory-5","type":"product.updated","occurred_at":"2026-11-22T08:00:00.000Z","data":{"id":5}}',
    },
    response: { status: 204, body: 'said' },
  })
  await deliver('waiting', 6)
  expect((await app.inject('/deliveries/2')).json()).toMatchObject({ state: 'waiting', request: null, response: null })
  expect((await app.inject('/deliveries/3')).statusCode).toBe(404)
})

test('deliveries are listed newest first, page by page, and filtered', async () => {
  await create()
  await create(['*'])
  await deliver('delivered', 1, 2)
  await deliver('parked', 3)
  const page = async (query: string) => {
    const answer = await app.inject(`/deliveries?${query}`)
    return { ids: answer.json<{ id: number }[]>().map(({ id }) => id), link: answer.headers.link }
  }
  expect(await page('limit=4')).toEqual({ ids: [6, 5, 4, 3], link: '</deliveries?limit=4&before=3>; rel="next"' })
  expect(await page('limit=4&before=3')).toEqual({ ids: [2, 1], link: undefined })
  expect((await page('subscription_id=1')).ids).toHaveLength(3)
  expect((await page('state=parked')).ids).toHaveLength(1)
  expect((await page('event_type=order.paid')).ids).toEqual([])
})

test('one delivery is sent again, or all that were parked', async () => {
  await create()
  await deliver('delivered', 1)
  await deliver('parked', 2, 3)
  expect((await app.inject('/subscriptions/1')).json()).toMatchObject({ waiting: 0, parked: 2 })
  const again = await post('/deliveries/1/resend')
  expect([again.statusCode, again.json()]).toEqual([200, expect.objectContaining({ state: 'waiting', attempts: 0 })])
  const all = await post('/subscriptions/1/resend', { state: 'parked' })
  expect([all.statusCode, all.json()]).toEqual([200, { resent: 2 }])
  expect((await post('/subscriptions/1/resend', { state: 'parked' })).json()).toEqual({ resent: 0 })
  expect((await app.inject('/subscriptions/1')).json()).toMatchObject({ waiting: 3, parked: 0 })
  expect(await claimDeliveries(db, 1, 8, 10_000)).toHaveLength(3)
  const log = (await auditLogOf(db)).filter(({ action }) => action !== 'subscription.create')
  expect(log).toMatchObject([
    { action: 'delivery.resend', subject_id: 1, before: { state: 'delivered' }, after: { state: 'waiting' } },
    { action: 'subscription.resend', subject_id: 1, before: null, after: { resent: 2 } },
  ])
})

test('nothing is sent again to a subscription that is not active', async () => {
  await create()
  await deliver('parked', 1)
  await put('/subscriptions/1', { is_active: false })
  expect((await post('/deliveries/1/resend')).statusCode).toBe(409)
  expect((await post('/subscriptions/1/resend', { state: 'parked' })).statusCode).toBe(409)
  expect((await post('/subscriptions/9/resend', { state: 'parked' })).statusCode).toBe(404)
  expect((await post('/subscriptions/1/resend', { state: 'delivered' })).statusCode).toBe(422)
})

test('the event types are those that can be subscribed to', async () => {
  const { json } = await app.inject('/event-types')
  expect(json().map(({ type }: { type: string }) => type)).toEqual(publicEventTypes)
  expect(json()).toContainEqual({ type: 'order.paid', source: 'order' })
})

test.each(['null', 'http://localhost:8000', 'https://evil.example'])(
  'no page subscribes to anything, nor reads what was: %s',
  async (origin) => {
    const headers = { origin, 'content-type': 'application/json' }
    const payload = { url, event_types: ['order.*'] }
    const written = await app.inject({ method: 'POST', url: '/subscriptions', headers, payload })
    expect([written.statusCode, written.json().type]).toEqual([403, '/problems/foreign-origin'])
    const read = await app.inject({ method: 'GET', url: '/deliveries', headers: { origin } })
    expect(read.headers['access-control-allow-origin']).toBeUndefined()
    expect(await db.selectFrom('subscriptions').selectAll().execute()).toEqual([])
  },
)
