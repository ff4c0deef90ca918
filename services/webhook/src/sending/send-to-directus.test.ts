import type { Product } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import { type FakeDirectus, startFakeDirectus } from '@kakilima/testkit/fake-directus'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ClaimedDelivery } from '../deliveries/claim-deliveries.ts'
import { createReceiverAgent } from './guarded-agent.ts'
import { sendToDirectus } from './send-to-directus.ts'

let directus: FakeDirectus
const agent = createReceiverAgent({ mayBePrivate: true, timeoutMs: 5000, connections: 2 })
/** The product as inventory holds it now; undefined where it is gone. */
let present: Product | undefined

beforeAll(async () => {
  directus = await startFakeDirectus()
})
afterAll(async () => {
  await agent.destroy()
  directus.stop()
})
beforeEach(() => {
  directus.items.clear()
  directus.requests.length = 0
  directus.refuse = () => undefined
  present = productOf(1)
})

const productOf = (version: number, more: Partial<Product> = {}): Product => ({
  id: 5,
  name: `Kopi ${version}`,
  slug: 'kopi',
  price: 5000,
  stock: 9,
  reserved: 2,
  available: 7,
  description: 'Robusta',
  sku: 'K-1',
  category: 'Minuman',
  category_slug: 'minuman',
  image: 'http://localhost:8002/images/kopi.webp',
  images: [],
  status: 'published',
  weight_grams: 250,
  version,
  created_at: '2026-11-22T08:00:00.000Z',
  updated_at: '2026-11-22T09:00:00.000Z',
  ...more,
})

async function send(event_type: string, data: { version: number } & Record<string, unknown>, token = directus.token) {
  const delivery: ClaimedDelivery = {
    id: 1,
    claim: 'a',
    attempts: 1,
    event_id: 'inventory-1',
    event_type,
    subject: 'product:5',
    version: data.version,
    occurred_at: '2026-11-22T08:00:00.000Z',
    data,
    kind: 'directus',
    name: 'directus',
    url: `${directus.url}/`,
    secrets: [],
  }
  const findProduct = async () => {
    if (present === undefined) throw problem('product-not-found', 'Product not found')
    return present
  }
  return sendToDirectus({ agent, token, findProduct }, delivery, AbortSignal.timeout(5000))
}

const stock = (version: number, available: number) => ({
  id: 5,
  version,
  stock: available + 2,
  reserved: 2,
  available,
  updated_at: '2026-11-22T10:00:00.000Z',
})

test('a product is written with what can be sold as its stock', async () => {
  expect(await send('product.created', productOf(1))).toMatchObject({ verdict: 'delivered', status: 200, error: null })
  expect([...directus.items.values()]).toEqual([
    {
      id: 5,
      slug: 'kopi',
      name: 'Kopi 1',
      description: 'Robusta',
      price: 5000,
      sku: 'K-1',
      category: 'Minuman',
      image: 'http://localhost:8002/images/kopi.webp',
      status: 'published',
      weight_grams: 250,
      created_at: '2026-11-22T08:00:00.000Z',
      stock: 7,
      version: 1,
      updated_at: '2026-11-22T09:00:00.000Z',
    },
  ])
})

test('a product that is there is changed, twice with the same result', async () => {
  await send('product.created', productOf(1))
  for (let round = 0; round < 2; round++) await send('product.updated', productOf(2, { name: 'Teh' }))
  expect(directus.items.get(5)).toMatchObject({ name: 'Teh', version: 2 })
  expect(directus.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET', 'PATCH', 'GET', 'PATCH'])
})

test('of changed stock only the stock is written, and older stock is not', async () => {
  await send('product.created', productOf(1))
  await send('stock.changed', stock(4, 3))
  expect(directus.items.get(5)).toMatchObject({ name: 'Kopi 1', stock: 3, version: 4 })
  await send('stock.changed', stock(3, 6))
  expect(directus.items.get(5)).toMatchObject({ stock: 3, version: 4 })
})

test('the stock of a product that is not there makes none', async () => {
  expect(await send('stock.changed', stock(4, 3))).toMatchObject({ verdict: 'delivered' })
  expect(directus.items.size).toBe(0)
})

test('a change that comes after newer stock brings the product as it is now', async () => {
  await send('product.created', productOf(1))
  await send('stock.changed', stock(4, 3))
  present = productOf(5, { name: 'Teh', available: 2 })
  await send('product.updated', productOf(3, { name: 'Susu' }))
  expect(directus.items.get(5)).toMatchObject({ name: 'Teh', stock: 2, version: 5 })
})

test('a product that was deleted since does not come back', async () => {
  await send('product.created', productOf(1))
  expect(await send('product.deleted', { id: 5, version: 2 })).toMatchObject({ verdict: 'delivered' })
  expect(directus.items.size).toBe(0)
  present = undefined
  expect(await send('product.updated', productOf(1))).toMatchObject({ verdict: 'delivered' })
  expect(await send('product.deleted', { id: 5, version: 2 })).toMatchObject({ verdict: 'delivered' })
  expect(directus.items.size).toBe(0)
})

test('a collection without a version takes the last that comes', async () => {
  directus.items.set(5, { id: 5, name: 'Kopi', stock: 1 })
  await send('stock.changed', stock(3, 6))
  expect(directus.items.get(5)).toMatchObject({ stock: 6 })
})

test('what Directus refuses is told, and the token is shown to nobody', async () => {
  directus.refuse = (method) => (method === 'POST' ? 503 : undefined)
  const refused = await send('product.created', productOf(1))
  expect(refused).toMatchObject({
    verdict: 'failed',
    status: 503,
    error: 'Directus answered 503',
    body: expect.stringContaining('SERVICE_UNAVAILABLE'),
    request: { method: 'POST', url: `${directus.url}/items/products`, body: expect.stringContaining('Kopi 1') },
  })
  expect(JSON.stringify(refused)).not.toContain(directus.token)
  expect(await send('product.created', productOf(1), 'another-token')).toMatchObject({ verdict: 'failed', status: 401 })
})
