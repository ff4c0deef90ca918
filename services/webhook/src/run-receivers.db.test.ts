import type { Product } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import { silentLogger } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type EventReceiver, startReceiver } from '@kakilima/testkit/event-receiver'
import { type FakeDirectus, startFakeDirectus } from '@kakilima/testkit/fake-directus'
import { type FakeFeed, fakeFeed } from '@kakilima/testkit/fake-feed'
import { sql } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import type { WebhookTables } from './database.ts'
import { type ReceiverDeps, runReceivers } from './run-receivers.ts'
import type { EnvironmentReceiver } from './subscriptions/environment-receivers.ts'
import { sourcesOf } from './subscriptions/subscription.ts'

const db = await testDatabase<WebhookTables>('webhook', 20)
let feeds: Record<'inventory' | 'order' | 'payment', FakeFeed>
let products: Map<number, Product>
let environment: EnvironmentReceiver[]

beforeEach(async () => {
  await sql`truncate subscriptions, events, deliveries, feed_positions restart identity cascade`.execute(db)
  feeds = { inventory: fakeFeed(), order: fakeFeed(), payment: fakeFeed() }
  products = new Map()
  environment = []
})

/** Nobody here is written to: see messages/messages.db.test.ts. */
const noMessages = {
  channel: {
    url: 'file:///nowhere',
    mostInFlight: 1,
    addressOf: () => null,
    send: async () => ({ status: null, answer: null }),
    close: async () => undefined,
  },
  contacts: { list: async () => [] },
  findShop: async () => ({ name: 'Kakilima', url: 'http://localhost:8080' }),
}

/** A receiver that may be private, since the environment names it. */
async function newReceiver(event_types = ['*']): Promise<EventReceiver & { id: number }> {
  const receiver = await startReceiver()
  onTestFinished(() => receiver.stop())
  return Object.assign(receiver, { id: await name('webhook', receiver.url, receiver.secret, event_types) })
}

async function newDirectus(): Promise<FakeDirectus & { id: number }> {
  const directus = await startFakeDirectus()
  onTestFinished(() => directus.stop())
  return Object.assign(directus, {
    id: await name('directus', directus.url, directus.token, ['product.*', 'stock.changed']),
  })
}

async function name(kind: 'webhook' | 'directus', url: string, secret: string, event_types: string[]): Promise<number> {
  const receiver = { name: `receiver ${environment.length + 1}`, kind, url, secret }
  environment.push(receiver)
  const { secret: _, ...values } = receiver
  const row = { ...values, source: 'environment' as const, event_types }
  return (await db.insertInto('subscriptions').values(row).returning('id').executeTakeFirstOrThrow()).id
}

async function run(settings: Partial<ReceiverDeps> = {}) {
  const receivers = runReceivers({
    db,
    logger: silentLogger(),
    feeds,
    products: {
      page: async (query) => {
        const after = Number(new URLSearchParams(query).get('after'))
        const limit = Number(new URLSearchParams(query).get('limit'))
        return [...products.values()].filter(({ id }) => id > after).slice(0, limit)
      },
      get: async (id) => {
        const product = products.get(id)
        if (product === undefined) throw problem('product-not-found', 'Product not found')
        return product
      },
    },
    environment,
    messages: { ...noMessages, timeoutMs: 1000 },
    timeoutMs: 1000,
    retryHours: 72,
    ...settings,
  })
  onTestFinished(() => receivers.stop())
  return receivers
}

/** Waits until all that is wanted is followed: what happens from now on is told. */
const untilFollowed = () =>
  eventually(async () => {
    const active = await db.selectFrom('subscriptions').select('event_types').where('is_active', '=', true).execute()
    const followed = await db.selectFrom('feed_positions').select('feed').execute()
    const wanted = sourcesOf(active.flatMap(({ event_types }) => event_types))
    expect(followed.map(({ feed }) => feed).toSorted()).toEqual(wanted.toSorted())
  })

const product = (id: number, version: number, available = 5): Product => ({
  id,
  name: `Kopi ${version}`,
  slug: `kopi-${id}`,
  price: 5000,
  stock: available,
  reserved: 0,
  available,
  description: '',
  sku: null,
  category: 'Kopi',
  category_slug: 'kopi',
  image: 'http://localhost:8002/images/a.webp',
  images: [],
  status: 'published',
  weight_grams: null,
  version,
  created_at: '2026-11-22T08:00:00.000Z',
  updated_at: '2026-11-22T08:00:00.000Z',
})

const idsAt = (receiver: EventReceiver) => receiver.arrived.map(({ message }) => message.id)
const deliveryOf = (subscription_id: number, event_id: string) =>
  db
    .selectFrom('deliveries')
    .selectAll()
    .where('subscription_id', '=', subscription_id)
    .where('event_id', '=', event_id)
    .executeTakeFirst()

test('events of three services arrive, signed, each once', async () => {
  const receiver = await newReceiver()
  await run()
  await untilFollowed()
  feeds.inventory.add('product.created', 5, { name: 'Kopi' })
  feeds.order.add('order.placed', 5, { total_price: 7 })
  feeds.order.add('order.confirming', 5)
  feeds.payment.add('payment.completed', 5)
  await eventually(() => expect(idsAt(receiver).toSorted()).toEqual(['inventory-1', 'order-1', 'payment-1']))
  expect(receiver.arrived.find(({ message }) => message.id === 'order-1')!.message).toEqual({
    id: 'order-1',
    type: 'order.placed',
    occurred_at: expect.stringMatching(/Z$/),
    data: { id: 5, version: 1, total_price: 7 },
  })
  expect(receiver.refused()).toBe(0)
})

test('a receiver that never answers keeps nobody else waiting', async () => {
  const [dead, alive] = [await newReceiver(), await newReceiver()]
  dead.answer = () => new Promise(() => undefined)
  await run({ timeoutMs: 60_000 })
  await untilFollowed()
  for (let id = 1; id <= 300; id++) feeds.inventory.add('product.created', id)
  await eventually(() => expect(idsAt(alive)).toHaveLength(300))
  // No more than eight at once, however many wait.
  expect(idsAt(dead)).toHaveLength(8)
})

test('while a receiver is down it is tried now and then, and when it is up again all arrive in order', async () => {
  const receiver = await newReceiver()
  await run()
  await untilFollowed()
  receiver.goDown()
  for (let round = 0; round < 5; round++) for (let id = 1; id <= 20; id++) feeds.inventory.add('product.updated', id)
  await eventually(async () => {
    const rows = await db.selectFrom('deliveries').select('error').where('error', 'is not', null).execute()
    expect(rows.length).toBeGreaterThanOrEqual(8)
  })
  await receiver.comeUp()
  await sql`update deliveries set due_at = clock_timestamp()`.execute(db)
  await eventually(() => expect(new Set(idsAt(receiver)).size).toBe(100))
  for (let id = 1; id <= 20; id++) {
    const versions = receiver.arrived
      .filter(({ message }) => message.data.id === id)
      .map(({ message }) => message.data.version)
    expect(versions).toEqual([1, 2, 3, 4, 5])
  }
}, 90_000)

test('three processes share the work, and nothing is sent twice', async () => {
  const receiver = await newReceiver()
  const patient = { timeoutMs: 30_000 }
  await Promise.all([run(patient), run(patient), run(patient)])
  await untilFollowed()
  for (let round = 0; round < 5; round++) for (let id = 1; id <= 50; id++) feeds.inventory.add('product.updated', id)
  await eventually(() => expect(idsAt(receiver).length).toBeGreaterThanOrEqual(250))
  await eventually(async () => {
    const waiting = await db.selectFrom('deliveries').select('id').where('state', '=', 'waiting').execute()
    expect(waiting).toEqual([])
  })
  expect(idsAt(receiver)).toHaveLength(250)
})

test('what is under way when the service ends is sent again as soon as it runs', async () => {
  const receiver = await newReceiver()
  receiver.answer = () => new Promise(() => undefined)
  const first = await run({ timeoutMs: 60_000 })
  await untilFollowed()
  feeds.inventory.add('product.created', 1)
  await eventually(() => expect(idsAt(receiver)).toHaveLength(1))
  await first.stop()
  expect(await deliveryOf(receiver.id, 'inventory-1')).toMatchObject({ state: 'waiting', attempts: 0, claim: null })
  receiver.answer = () => 200
  await run()
  await eventually(() => expect(idsAt(receiver)).toHaveLength(2))
})

test('a redirect is a failure, and nothing is sent where it leads', async () => {
  const [receiver, elsewhere] = [await newReceiver(), await startReceiver()]
  onTestFinished(() => elsewhere.stop())
  receiver.answer = () => 302
  receiver.headers = { location: elsewhere.url }
  await run()
  await untilFollowed()
  feeds.inventory.add('product.created', 1)
  await eventually(async () =>
    expect(await deliveryOf(receiver.id, 'inventory-1')).toMatchObject({
      state: 'waiting',
      response_status: 302,
      error: expect.stringContaining('redirect'),
    }),
  )
  expect([elsewhere.arrived.length, elsewhere.refused()]).toEqual([0, 0])
})

test('a receiver that staff named is sent nothing when its name leads to a private address', async () => {
  const hidden = await startReceiver()
  onTestFinished(() => hidden.stop())
  const url = hidden.url.replace('127.0.0.1', 'shop.example')
  const values = { url, secret: hidden.secret, event_types: ['*'] }
  const { id } = await db.insertInto('subscriptions').values(values).returning('id').executeTakeFirstOrThrow()
  await run({ resolve: (_name, answer) => answer(null, [{ address: '127.0.0.1', family: 4 }]) })
  await untilFollowed()
  feeds.inventory.add('product.created', 1)
  await eventually(async () =>
    expect(await deliveryOf(id, 'inventory-1')).toMatchObject({
      state: 'waiting',
      attempts: 1,
      response_status: null,
      error: 'shop.example is at the private address 127.0.0.1, to which nothing is sent',
    }),
  )
  expect([hidden.arrived.length, hidden.refused()]).toEqual([0, 0])
})

test('a service is read only while somebody wants its events, and let go of after that', async () => {
  const receivers = await run()
  const receiver = await newReceiver(['order.*'])
  receivers.wake()
  await untilFollowed()
  expect(feeds.order.readers.size).toBe(1)
  expect([feeds.inventory.reads(), feeds.payment.reads()]).toEqual([0, 0])
  await db.updateTable('subscriptions').set({ is_active: false }).where('id', '=', receiver.id).execute()
  receivers.wake()
  await eventually(async () => {
    expect(feeds.order.readers.size).toBe(0)
    expect(await db.selectFrom('feed_positions').selectAll().execute()).toEqual([])
  })
  const reads = feeds.order.reads()
  // What happens while nobody wants it is not told later.
  feeds.order.add('order.placed', 1)
  await db.updateTable('subscriptions').set({ is_active: true }).where('id', '=', receiver.id).execute()
  receivers.wake()
  await untilFollowed()
  await eventually(() => expect(feeds.order.reads()).toBeGreaterThan(reads))
  feeds.order.add('order.placed', 2)
  await eventually(() => expect(idsAt(receiver)).toEqual(['order-2']))
})

test('where events were dropped before they were read, staff can see it and it goes on from now', async () => {
  const receiver = await newReceiver(['product.*'])
  await run()
  await untilFollowed()
  feeds.inventory.add('product.created', 1)
  await eventually(() => expect(idsAt(receiver)).toHaveLength(1))
  feeds.inventory.refuse = () => {
    throw problem('neighbor-unavailable', 'The inventory service cannot be reached')
  }
  feeds.inventory.add('product.created', 2)
  feeds.inventory.cut()
  products.set(1, product(1, 1))
  products.set(2, product(2, 1))
  feeds.inventory.refuse = () => undefined
  await eventually(async () => {
    const row = await db.selectFrom('subscriptions').selectAll().executeTakeFirstOrThrow()
    expect(row.events_missed_at).toEqual(expect.any(String))
  })
  // A receiver of the environment is given all products anew.
  await eventually(() => expect(idsAt(receiver)).toEqual(expect.arrayContaining(['sync-1-1-1', 'sync-1-2-1'])))
  feeds.inventory.add('product.created', 3)
  await eventually(() => expect(idsAt(receiver)).toContain('inventory-3'))
})

test('a sync brings all products as they are, page by page, and those that were deleted meanwhile not', async () => {
  const receiver = await newReceiver(['product.*'])
  for (let id = 1; id <= 450; id++) products.set(id, product(id, 7))
  const receivers = await run()
  await untilFollowed()
  feeds.inventory.add('product.deleted', 13)
  await eventually(() => expect(idsAt(receiver)).toHaveLength(1))
  await db.updateTable('subscriptions').set({ sync_after: 0 }).execute()
  receivers.wake()
  await eventually(() => expect(idsAt(receiver)).toHaveLength(450))
  const messages = receiver.arrived.slice(1).map(({ message }) => message)
  expect(new Set(messages.map(({ data }) => data.id)).size).toBe(449)
  expect(messages.some(({ data }) => data.id === 13)).toBe(false)
  expect(messages[0]).toEqual({
    id: `sync-1-${messages[0]!.data.id}-7`,
    type: 'product.updated',
    occurred_at: '2026-11-22T08:00:00.000Z',
    data: product(messages[0]!.data.id, 7),
  })
  expect((await db.selectFrom('subscriptions').select('sync_after').executeTakeFirstOrThrow()).sync_after).toBeNull()
  // Asked once more, it sends them once more.
  await db.updateTable('subscriptions').set({ sync_after: 0 }).execute()
  receivers.wake()
  await eventually(() => expect(idsAt(receiver)).toHaveLength(899))
}, 150_000)

test('a Directus is kept like the products, with what can be sold as its stock', async () => {
  const directus = await newDirectus()
  let failures = 0
  directus.refuse = () => (++failures % 4 === 0 ? 503 : undefined)
  products.set(1, product(1, 1))
  await db.updateTable('subscriptions').set({ sync_after: 0 }).execute()
  await run()
  const hurry = () =>
    sql`update deliveries set due_at = clock_timestamp() where state = 'waiting' and claim is null`.execute(db)
  await eventually(async () => {
    await hurry()
    expect(directus.items.get(1)).toMatchObject({ name: 'Kopi 1', stock: 5, version: 1 })
  })
  const { id: _, version: __, ...changed } = { ...product(1, 2), name: 'Teh', available: 3, stock: 4 }
  feeds.inventory.add('product.created', 1, changed)
  feeds.inventory.add('product.updated', 1, changed)
  await eventually(async () => {
    await hurry()
    expect(directus.items.get(1)).toMatchObject({ name: 'Teh', stock: 3, version: 2 })
  })
  feeds.inventory.add('stock.changed', 1, {
    stock: 4,
    reserved: 4,
    available: 0,
    updated_at: '2026-11-22T09:00:00.000Z',
  })
  await eventually(async () => {
    await hurry()
    expect(directus.items.get(1)).toMatchObject({ name: 'Teh', stock: 0, version: 3 })
  })
  feeds.inventory.add('product.deleted', 1)
  await eventually(async () => {
    await hurry()
    expect(directus.items.size).toBe(0)
  })
})
