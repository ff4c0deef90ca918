import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inventoryClient } from '@kakilima/contracts/clients'
import { createNeighbor } from '@kakilima/kit/http-client'
import { listen } from '@kakilima/kit/server'
import { insertProduct } from '@kakilima/testkit/builders'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildApp } from './app.ts'
import { readInventoryConfig } from './config.ts'
import { insertCategory } from './categories/create-category.ts'
import type { InventoryTables } from './database.ts'

const db = await testDatabase<InventoryTables>('inventory')
const folder = await mkdtemp(join(tmpdir(), 'kakilima-images-'))
const images = join(folder, 'images')
const config = readInventoryConfig(
  testEnvironment({
    INVENTORY_DATABASE_URL: 'postgres://unused',
    INVENTORY_URL: 'http://shop.example:8002/',
    IMAGES_FOLDER: images,
  }),
)
const app = await buildApp({ config, db, logger: silentLogger() })
afterAll(async () => {
  await app.close()
  await rm(folder, { recursive: true })
})

beforeEach(async () => {
  await sql`truncate products, categories, stock_movements, stock_changes, decisions, outbox restart identity`.execute(
    db,
  )
})

const product = { name: 'Kopi susu', price: 18_000, stock: 10 }
const post = (payload: object) => app.inject({ method: 'POST', url: '/products', payload })
const put = (url: string, payload: object) => app.inject({ method: 'PUT', url, payload })

function decide(order_id: number, product_id: number, quantity: number) {
  const orders = [{ order_id, lines: [{ product_id, quantity }] }]
  return app.inject({ method: 'POST', url: '/reservations/decisions', payload: { orders } })
}

async function idsAt(url: string): Promise<{ ids: number[]; next: string | undefined }> {
  const answer = await app.inject(url)
  expect(answer.statusCode).toBe(200)
  const next = /^<(.*)>; rel="next"$/.exec(String(answer.headers.link ?? ''))?.[1]
  return { ids: answer.json<{ id: number }[]>().map((row) => row.id), next }
}

describe('a product', () => {
  test('is created with every field of the contract', async () => {
    const answer = await post({ ...product, role: 'admin', reserved: 5, id: 77, version: 9 })
    expect([answer.statusCode, answer.headers.location]).toEqual([201, '/products/1'])
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    expect(answer.json()).toEqual({
      id: 1,
      slug: 'kopi-susu',
      name: 'Kopi susu',
      price: 18_000,
      stock: 10,
      reserved: 0,
      available: 10,
      description: '',
      sku: null,
      category: null,
      category_slug: null,
      image: null,
      images: [],
      status: 'published',
      weight_grams: null,
      version: 1,
      created_at: time,
      updated_at: time,
    })
    expect((await app.inject('/products/1')).json()).toEqual(answer.json())
  })

  test.each([
    ['an empty name', { name: '   ' }],
    ['a long name', { name: 'x'.repeat(201) }],
    ['a name with NUL', { name: 'a\0b' }],
    ['a negative price', { price: -1 }],
    ['a price of half a rupiah', { price: 0.5 }],
    ['a price beyond all prices', { price: 1_000_000_000_001 }],
    ['a price that is text', { price: '18000' }],
    ['a negative stock', { stock: -1 }],
    ['a stock beyond all stocks', { stock: 1_000_000_001 }],
    ['a stock beyond exact integers', { stock: 2 ** 53 }],
    ['an unknown status', { status: 'hidden' }],
    ['a description with NUL', { description: 'a\0' }],
    ['a negative weight', { weight_grams: -1 }],
    ['an empty value for a field that is never empty', { description: null }],
  ])('with %s is refused, created or changed', async (_, change) => {
    const id = await insertProduct(db)
    for (const answer of [await post({ ...product, ...change }), await put(`/products/${id}`, change)]) {
      expect(answer.statusCode).toBe(422)
      expect(answer.json()).toMatchObject({
        type: '/problems/invalid-input',
        errors: expect.arrayContaining([expect.any(Object)]),
      })
    }
    expect((await idsAt('/products')).ids).toEqual([id])
  })

  test.each(['/products/0', '/products/-1', '/products/abc', '/products/1.5', '/products/9007199254740993'])(
    'at %s is refused before the database is asked',
    async (url) => {
      expect((await app.inject(url)).statusCode).toBe(422)
    },
  )

  test('that is not there is 404 with the text that old clients show', async () => {
    for (const answer of [
      await app.inject('/products/99'),
      await app.inject('/products/99/check-stock'),
      await put('/products/99', { name: 'Teh' }),
      await put('/products/99/stock', { quantity: 1 }),
      await app.inject({ method: 'DELETE', url: '/products/99' }),
    ]) {
      expect([answer.statusCode, answer.json().detail]).toEqual([404, 'Product not found'])
    }
  })

  test('changes by any subset of its fields, and its stock by a signed quantity', async () => {
    const id = await insertProduct(db)
    expect((await put(`/products/${id}`, { price: 5, image: '/images/kopi.svg' })).json()).toMatchObject({
      name: 'Kopi susu',
      price: 5,
      image: 'http://shop.example:8002/images/kopi.svg',
    })
    expect((await put(`/products/${id}`, { image: 'https://cdn.example/kopi.png' })).json().image).toBe(
      'https://cdn.example/kopi.png',
    )
    expect((await put(`/products/${id}/stock`, { quantity: -3 })).json()).toMatchObject({ stock: 7, available: 7 })
    const tooMuch = await put(`/products/${id}/stock`, { quantity: -8 })
    expect([tooMuch.statusCode, tooMuch.json().detail]).toEqual([409, 'Not enough stock available'])
    for (const quantity of [0.5, '1', null, 1e10]) {
      expect((await put(`/products/${id}/stock`, { quantity })).statusCode).toBe(422)
    }
  })

  test('shows what is reserved and what is available, and is kept while orders hold it', async () => {
    const id = await insertProduct(db, { stock: 10 })
    expect((await decide(1, id, 4)).json().decisions).toMatchObject([{ order_id: 1, state: 'reserved' }])
    expect((await app.inject(`/products/${id}`)).json()).toMatchObject({ stock: 10, reserved: 4, available: 6 })
    const kept = await app.inject({ method: 'DELETE', url: `/products/${id}` })
    expect([kept.statusCode, kept.json().type]).toEqual([409, '/problems/product-in-open-orders'])
    expect((await put(`/products/${id}`, { stock: 3 })).statusCode).toBe(409)

    const consumed = await app.inject({
      method: 'POST',
      url: '/reservations/consumptions',
      payload: { order_ids: [1] },
    })
    expect(consumed.json().decisions).toMatchObject([{ order_id: 1, state: 'consumed' }])
    expect((await app.inject(`/products/${id}`)).json()).toMatchObject({ stock: 6, reserved: 0, available: 6 })
    const gone = await app.inject({ method: 'DELETE', url: `/products/${id}` })
    expect([gone.statusCode, gone.json()]).toEqual([200, { message: 'Product deleted successfully' }])
    expect((await idsAt('/products')).ids).toEqual([])
  })

  test('is sold only while it is published', async () => {
    const id = await insertProduct(db, { stock: 5 })
    const ask = async (query: string) => (await app.inject(`/products/${id}/check-stock${query}`)).json()
    expect(await ask('')).toEqual({ available: true, stock: 5 })
    expect(await ask('?quantity=5')).toEqual({ available: true, stock: 5 })
    expect(await ask('?quantity=6')).toEqual({ available: false, stock: 5 })
    await decide(2, id, 4)
    expect(await ask('?quantity=2')).toEqual({ available: false, stock: 1 })
    await put(`/products/${id}`, { status: 'draft' })
    expect(await ask('?quantity=1')).toEqual({ available: false, stock: 0 })
    expect((await app.inject(`/products/${id}/check-stock?quantity=0`)).statusCode).toBe(422)
  })
})

describe('the list', () => {
  beforeEach(async () => {
    await insertCategory(db, { name: 'minuman' })
    await insertCategory(db, { name: 'kue', slug: 'kue-basah' })
    await insertProduct(db, { name: 'Kopi susu', slug: 'kopi-susu', sku: 'KOPI-1', category_id: 1 })
    await insertProduct(db, { name: 'Kopi 100%', sku: 'KOPI-2', category_id: 1 })
    await insertProduct(db, { name: 'Klepon', category_id: 2, status: 'draft' })
    await insertProduct(db, { name: 'Kue_lapis', category_id: 2 })
    await insertProduct(db, { name: 'Kopi yang hilang', slug: 'hilang', deleted_at: sql`clock_timestamp()` })
    await insertProduct(db, { name: 'Back\\slash', category_id: 2 })
  })

  test.each([
    ['', [1, 2, 3, 4, 6]],
    ['?search=kopi', [1, 2]],
    ['?search=SUSU', [1]],
    ['?search=%20susu%20', [1]],
    ['?search=kopi-1', [1]],
    ['?search=kopi-', []],
    ['?search=%25', [2]],
    ['?search=_', [4]],
    ['?search=%5C', [6]],
    ["?search='; drop table products; --", []],
    ['?search=', [1, 2, 3, 4, 6]],
    ['?category=kue', [3, 4, 6]],
    ['?category=%20kue', [3, 4, 6]],
    ['?category=kue-basah', []],
    ['?category=', []],
    ['?category_slug=kue-basah', [3, 4, 6]],
    ['?category_slug=kue', []],
    ['?slug=kopi-susu', [1]],
    ['?slug=hilang', []],
    ['?slug=Kopi%20Susu', []],
    ['?status=draft', [3]],
    ['?category=kue&status=published&search=k', [4, 6]],
    ['?ids=4,1,5,99', [1, 4]],
    ['?ids=9999999999999999', []],
  ])('with %j holds %j', async (query, expected) => {
    expect((await idsAt(`/products${query}`)).ids).toEqual(expected)
  })

  test.each([
    '?limit=0',
    '?limit=1001',
    '?limit=x',
    '?after=-1',
    '?status=hidden',
    '?ids=1,,2',
    '?ids=x',
    '?search=%00',
    '?slug=%00',
    '?category_slug=%00',
  ])('with %j is refused', async (query) => {
    expect((await app.inject(`/products${query}`)).statusCode).toBe(422)
  })

  test('comes in pages that name the next one and keep what was asked for', async () => {
    const first = await idsAt('/products?limit=2&category=kue')
    expect(first).toEqual({ ids: [3, 4], next: '/products?limit=2&category=kue&after=4' })
    expect(await idsAt(first.next!)).toEqual({ ids: [6], next: undefined })
    expect((await idsAt('/products?limit=3&category=kue')).next).toBeUndefined()
    expect(await idsAt('/products?after=3')).toEqual({ ids: [4, 6], next: undefined })
    expect((await idsAt('/products')).next).toBeUndefined()
  })
})

describe('orders to decide', () => {
  test.each([
    ['no orders', { orders: [] }],
    ['an order without lines', { orders: [{ order_id: 1, lines: [] }] }],
    ['a thousand and one units', { orders: [{ order_id: 1, lines: [{ product_id: 1, quantity: 1001 }] }] }],
    ['no units', { orders: [{ order_id: 1, lines: [{ product_id: 1, quantity: 0 }] }] }],
    ['half a unit', { orders: [{ order_id: 1, lines: [{ product_id: 1, quantity: 0.5 }] }] }],
    ['no id', { orders: [{ lines: [{ product_id: 1, quantity: 1 }] }] }],
  ])('with %s are refused', async (_, payload) => {
    expect((await app.inject({ method: 'POST', url: '/reservations/decisions', payload })).statusCode).toBe(422)
  })

  test('the largest batch that the worker may send is decided', async () => {
    const lines = Array.from({ length: 100 }, (_, line) => ({
      product_id: 9_007_199_254_000_000 + line,
      quantity: 1000,
    }))
    const orders = Array.from({ length: 1000 }, (_, index) => ({ order_id: index + 1, lines }))
    const answer = await app.inject({ method: 'POST', url: '/reservations/decisions', payload: { orders } })
    expect(answer.statusCode).toBe(200)
    expect(answer.json().decisions).toHaveLength(1000)
  })

  test('are released over HTTP, also before they are known', async () => {
    const id = await insertProduct(db, { stock: 5 })
    await decide(1, id, 5)
    const payload = { order_ids: [1, 2] }
    const answer = await app.inject({ method: 'POST', url: '/reservations/releases', payload })
    expect(answer.json().decisions).toMatchObject([
      { order_id: 1, state: 'released', lines: [{ product_id: id, name: 'Kopi susu', unit_price: 1000, quantity: 5 }] },
      { order_id: 2, state: 'released', lines: [] },
    ])
    expect((await decide(2, id, 5)).json().decisions).toMatchObject([{ state: 'released' }])
    expect((await app.inject(`/products/${id}`)).json()).toMatchObject({ stock: 5, reserved: 0 })
  })
})

describe('pictures', () => {
  beforeAll(async () => {
    await mkdir(join(images, 'folder'), { recursive: true })
    await writeFile(join(images, 'kopi.svg'), '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    await writeFile(join(images, 'odd.html'), '<script>alert(1)</script>')
    await writeFile(join(folder, 'secret.txt'), 'hunter2')
  })

  test.each(['kopi.svg', 'odd.html'])('the file %s is shown, and nothing in it runs', async (name) => {
    const answer = await app.inject(`/images/${name}`)
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
    expect(answer.headers['content-security-policy']).toContain('sandbox')
    expect(answer.headers['content-security-policy']).not.toContain('script')
  })

  test('a picture comes with its type', async () => {
    expect((await app.inject('/images/kopi.svg')).headers['content-type']).toMatch(/^image\/svg\+xml/)
  })

  test.each([
    '/images/../secret.txt',
    '/images/..%2fsecret.txt',
    '/images/%2e%2e/secret.txt',
    '/images/%2e%2e%2fsecret.txt',
    '/images/..%5csecret.txt',
    '/images/folder/../../secret.txt',
    '/images//etc/passwd',
    '/images/%00',
    '/images/none.png',
    '/images/folder',
    '/images/folder/',
    '/images/',
    '/images',
  ])('nothing is shown at %s', async (url) => {
    const answer = await app.inject(url)
    expect([400, 403, 404]).toContain(answer.statusCode)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.body).not.toContain('hunter2')
  })
})

test('the service is ready while its database answers', async () => {
  expect((await app.inject('/readyz')).json()).toEqual({ status: 'ready' })
})

/** The service as its neighbours see it. */
async function overTheNetwork(use: (client: ReturnType<typeof inventoryClient>) => Promise<void>): Promise<void> {
  const port = await listen(app, config)
  const neighbor = createNeighbor({ name: 'inventory', url: `http://127.0.0.1:${port}`, token: undefined })
  try {
    await use(inventoryClient(neighbor.call))
  } finally {
    await neighbor.close()
  }
}

test('its neighbours ask for decisions over the network, and get them in the order of asking', async () => {
  const id = await insertProduct(db, { stock: 3 })
  const order = (order_id: number) => ({ order_id, lines: [{ product_id: id, quantity: 2 }] })
  await overTheNetwork(async (inventory) => {
    const decisions = await inventory.decide([order(9), order(4)])
    expect(decisions).toMatchObject([
      { order_id: 9, state: 'reserved', reason: null },
      { order_id: 4, state: 'rejected', shortages: [{ product_id: id, requested: 2, available: 1 }] },
    ])
    expect(await inventory.decide([order(4), order(9)])).toEqual(decisions.toReversed())
    expect(await inventory.consume([9])).toMatchObject([{ order_id: 9, state: 'consumed' }])
    expect(await inventory.release([9, 5])).toMatchObject([
      { order_id: 5, state: 'released' },
      { order_id: 9, state: 'consumed' },
    ])
    expect(await inventory.list([id, 99])).toMatchObject([{ id, stock: 1, reserved: 0, available: 1 }])
  })
})
