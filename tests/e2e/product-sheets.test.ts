import { readdir, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { callerOf, waitFor } from '@kakilima/testkit/call'
import { runCommand, type Shop, startShop, temporaryFolder } from '@kakilima/testkit/shop'
import { shopDatabases } from '@kakilima/testkit/shop-database'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newStaff, type Signed, signIn } from './people.ts'

let shop: Shop
let folder: string
let api: ReturnType<typeof callerOf>
let admin: Signed
let staff: Signed
const env = { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'kata sandi admin' }

beforeAll(async () => {
  folder = await temporaryFolder()
  shop = await startShop({ env: { ...env, TMPDIR: folder } })
  api = callerOf(shop.urls)
  admin = await signIn(api, env.ADMIN_EMAIL, env.ADMIN_PASSWORD)
  const added = await newStaff('staff', { KAKILIMA_DATA: shop.dataFolder })
  staff = await signIn(api, added.email, added.password)
})

afterAll(async () => {
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  await rm(folder, { recursive: true })
  expect(audit.code, audit.output).toBe(0)
})

const sheet = (text: string) => new Blob([text], { type: 'text/csv' })
const desk = (query: string) => api.get('gateway', `/api/v1/desk/products?${query}`, admin)

/** A sheet of products, none of which is there. */
function sheetOf(count: number, prefix: string, more = ''): string {
  const rows = Array.from({ length: count }, (_, n) => `${prefix}-${n},Produk ${prefix} ${n},${1000 + n},3,"${more}"`)
  return `sku,name,price,stock,description\n${rows.join('\n')}\n`
}

test('staff bring products in, see how it goes, find them page by page, and take them out as a file', async () => {
  const { status, headers, body } = await api.post(
    'gateway',
    '/api/v1/products/import',
    sheet(sheetOf(700, 'A')),
    staff,
  )
  expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson; charset=utf-8'])
  expect(body.at(-1)).toMatchObject({ type: 'done', rows: 700, created: 700, failed: 0, dry_run: false })
  expect(body.at(-2)).toMatchObject({ type: 'progress', rows: 700, read_bytes: body.at(-2).total_bytes })

  const first = await desk('search=Produk A&sort=-price&limit=500')
  expect([first.headers.get('x-total-count'), first.body.length, first.body[0].name]).toEqual([
    '700',
    500,
    'Produk A 699',
  ])
  const next = /^<(.*)>; rel="next"$/.exec(first.headers.get('link')!)![1]!
  const second = await api.get('gateway', next, admin)
  expect([second.headers.get('x-total-count'), second.body.length, second.headers.get('link')]).toEqual([
    '700',
    200,
    null,
  ])
  expect(new Set([...first.body, ...second.body].map(({ id }) => id)).size).toBe(700)

  const file = await api.get('gateway', '/api/v1/products/export?delimiter=;', staff)
  expect(file.headers.get('content-disposition')).toBe('attachment; filename="products.csv"')
  const back = await api.post('gateway', '/api/v1/products/import?set_stock=true', sheet(file.body), staff)
  expect(back.body.at(-1)).toMatchObject({ type: 'done', created: 0, updated: 0, failed: 0 })
})

test('the ledger names who of the staff moved units', async () => {
  const { body: product } = await api.post('gateway', '/api/v1/products', { name: 'Gula', price: 1, stock: 5 }, admin)
  const change = { quantity: -2, reason: 'damage', note: 'basah' }
  expect((await api.put('gateway', `/api/v1/products/${product.id}/stock`, change, staff)).status).toBe(200)
  const { body } = await api.get('gateway', `/api/v1/stock-movements?product_id=${product.id}`, admin)
  expect(body).toMatchObject([
    { quantity: -2, balance: 3, reason: 'damage', note: 'basah', actor: { name: 'staff' }, product_name: 'Gula' },
    { quantity: 5, balance: 5, reason: 'initial', note: null, actor: { id: expect.any(Number) } },
  ])
  expect(body[0]).not.toHaveProperty('actor_id')
})

test('a file that is too large is refused, whether it says so or not', async () => {
  const large = 'x'.repeat(51 * 2 ** 20)
  const { status, body } = await api.post('gateway', '/api/v1/products/import', sheet(large), staff)
  expect([status, body.type, body.error]).toEqual([413, '/problems/payload-too-large', body.detail])
  const unsaid = await fetch(`${shop.urls.gateway}/api/v1/products/import`, {
    method: 'POST',
    headers: { ...staff, 'content-type': 'text/csv' },
    body: sheet(large).stream(),
    duplex: 'half',
  })
  expect([unsaid.status, ((await unsaid.json()) as { type: string }).type]).toEqual([
    413,
    '/problems/payload-too-large',
  ])
})

test('whoever goes away in the middle keeps what was taken by then, and the rest is not', async () => {
  const count = 30_000
  await api.post('gateway', '/api/v1/products', { name: 'Lama', price: 1, stock: 0, sku: 'B-0' }, staff)
  const db = (await shopDatabases(shop.dataFolder)).open('inventory')
  const holding = await db.startTransaction().execute()
  await sql`select from products where sku = 'B-0' for update`.execute(holding)
  const going = request(`${shop.urls.gateway}/api/v1/products/import`, {
    method: 'POST',
    headers: { ...staff, 'content-type': 'text/csv' },
  })
  going.on('error', () => undefined)
  const isGone = new Promise<number | undefined>((resolve) => {
    going.on('response', (answer) => {
      answer.on('error', () => undefined)
      // While the first batch waits for the product that is held.
      answer.once('data', () => going.destroy())
      answer.once('close', () => resolve(answer.statusCode))
    })
  })
  going.end(sheetOf(count, 'B'))
  expect(await isGone).toBe(200)
  await holding.rollback().execute()
  await db.destroy()
  // The file that an import reads is there as long as the import goes on.
  await waitFor(
    async () => (await readdir(folder)).filter((name) => name.startsWith('kakilima-sheet-')),
    (files) => files.length === 0,
  )
  const taken = Number((await desk('search=Produk B&limit=1')).headers.get('x-total-count'))
  expect(taken).toBeGreaterThanOrEqual(200)
  expect(taken).toBeLessThan(count)
})
