import { rm } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { callerOf, waitFor } from '@kakilima/testkit/call'
import { type Shop, startShop, temporaryFolder } from '@kakilima/testkit/shop'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { emptyDirectus, heldProduct, whileDirectusHangs, withoutFields } from './products-in-directus.ts'

// The shop sends again after seconds at first, and after minutes when Directus has been away for longer.
const longestWayMs = 300_000

const ways = {
  n8n: () => ({ N8N_WEBHOOK_URL: inject('workflow').url, N8N_WEBHOOK_SECRET: inject('workflow').secret }),
  'its own subscriber': () => ({
    DIRECTUS_URL: inject('directus').asShop.url,
    DIRECTUS_TOKEN: inject('directus').asShop.token,
  }),
}

let shop: Shop
let api: ReturnType<typeof callerOf>
let dataFolder: string

beforeEach(async () => {
  await emptyDirectus()
  dataFolder = await temporaryFolder()
})
afterEach(async () => {
  await shop.stop()
  await rm(dataFolder, { recursive: true, force: true })
})

async function start(settings: Record<string, string>): Promise<void> {
  shop = await startShop({ env: { ...settings, PAYMENT_WINDOW_SECONDS: '0' }, dataFolder })
  api = callerOf(shop.urls)
}

async function restart(settings: Record<string, string>): Promise<void> {
  await shop.stop()
  await start(settings)
}

/** Waits until Directus holds a product as the inventory service has it, but for the stock, which is what can be sold. */
async function arrives(id: number): Promise<void> {
  const { body: product } = await api.get('inventory', `/products/${id}`)
  const { slug, name, description, price, available, category, image, sku, status, weight_grams, version } = product
  const rest = { category, image, sku, status, weight_grams, version }
  const expected = { id, slug, name, description, price, stock: available, ...rest }
  const held = async () => {
    const item = await heldProduct(id)
    return item && Object.fromEntries(Object.keys(expected).map((field) => [field, item[field]]))
  }
  await waitFor(held, (item) => isDeepStrictEqual(item, expected), longestWayMs)
}

async function order(id: number, quantity: number) {
  const guest = { name: 'Sari', phone: '081234567890' }
  const { token } = (await api.post('gateway', '/api/v1/auth/guest', guest)).body
  const headers = { authorization: `Bearer ${token}` }
  const items = [{ product_id: id, quantity }]
  const { order_id } = (await api.post('gateway', '/api/v1/orders', { items }, headers)).body
  const path = `/api/v1/orders/${order_id}`
  const { body } = await waitFor(
    () => api.get('gateway', path, headers),
    (answer) => answer.body.status !== 'queued',
  )
  expect(body.status).toBe('awaiting_payment')
  return { cancel: () => api.post('gateway', `${path}/cancellation`, {}, headers) }
}

test.for(Object.entries(ways))('a product goes its whole way into Directus over %s', async ([, settings]) => {
  await start(settings())
  const input = { name: 'Tas Ransel “Gunung” 🎒', price: 150_000, stock: 20, description: 'Muat banyak.', sku: 'TAS-1' }
  const { body: product } = await api.post('inventory', '/products', { ...input, category: 'Tas', weight_grams: 900 })
  const { body: other } = await api.post('inventory', '/products', { name: 'Topi', price: 25_000, stock: 3 })
  await arrives(product.id)
  await arrives(other.id)

  await api.put('inventory', `/products/${product.id}`, { name: 'Tas Gunung', price: 140_000, sku: null })
  await arrives(product.id)

  const { cancel } = await order(product.id, 3)
  await arrives(product.id)
  expect(await heldProduct(product.id)).toMatchObject({ name: 'Tas Gunung', price: 140_000, sku: null, stock: 17 })

  await api.put('inventory', `/products/${product.id}/stock`, { quantity: -5 })
  await arrives(product.id)
  expect(await heldProduct(product.id)).toMatchObject({ stock: 12 })

  await api.put('inventory', `/products/${product.id}`, { status: 'archived' })
  await arrives(product.id)

  expect((await cancel()).status).toBe(200)
  await waitFor(
    () => api.delete('inventory', `/products/${product.id}`),
    ({ status }) => status === 200,
  )
  await waitFor(
    () => heldProduct(product.id),
    (item) => item === undefined,
    longestWayMs,
  )
  await arrives(other.id)
})

test.for(Object.entries(ways))('what changes while Directus hangs arrives later over %s', async ([, settings]) => {
  await start(settings())
  const { body: product } = await api.post('inventory', '/products', { name: 'Topi', price: 25_000, stock: 3 })
  await arrives(product.id)
  await whileDirectusHangs(async () => {
    await api.put('inventory', `/products/${product.id}`, { name: 'Topi Pantai' })
    await api.put('inventory', `/products/${product.id}/stock`, { quantity: 4 })
    await waitFor(
      () => api.get('webhook', '/deliveries'),
      ({ body }) => body.some(({ state, error }: any) => state === 'waiting' && error !== null),
      longestWayMs,
    )
  })
  await arrives(product.id)
  expect(await heldProduct(product.id)).toMatchObject({ name: 'Topi Pantai', stock: 7 })
})

test.for(Object.entries(ways))(
  'what was there before the shop was told of a Directus goes there over %s',
  async ([, settings]) => {
    await start({})
    const { body: product } = await api.post('inventory', '/products', { name: 'Topi', price: 25_000, stock: 3 })
    await restart(settings())
    await arrives(product.id)
    expect(await heldProduct(product.id)).toMatchObject({ name: 'Topi', stock: 3 })
  },
)

test.for(Object.entries(ways))('a collection that lacks fields gets the others over %s', async ([, settings]) => {
  await start(settings())
  await withoutFields(['sku', 'weight_grams', 'updated_at'], async () => {
    const { body: product } = await api.post('inventory', '/products', { name: 'Topi', price: 25_000, stock: 3 })
    const stands = (expected: Record<string, unknown>) =>
      waitFor(
        () => heldProduct(product.id),
        (item) => item !== undefined && isDeepStrictEqual({ ...item, ...expected }, item),
        longestWayMs,
      )
    await stands({ name: 'Topi', stock: 3 })
    await api.put('inventory', `/products/${product.id}`, { name: 'Topi Pantai' })
    await stands({ name: 'Topi Pantai', stock: 3 })
    await api.put('inventory', `/products/${product.id}/stock`, { quantity: 4 })
    await stands({ name: 'Topi Pantai', stock: 7 })
    expect(await heldProduct(product.id)).not.toHaveProperty('sku')
  })
})
