import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Answer, callerOf } from '@kakilima/testkit/call'
import { pngOf } from '@kakilima/testkit/png'
import { rawRequest } from '@kakilima/testkit/raw-request'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Signed, signIn } from './people.ts'

let shop: Shop
let api: ReturnType<typeof callerOf>
let admin: Signed
let product: any
let draft: number

beforeAll(async () => {
  const env = { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'kata sandi admin' }
  shop = await startShop({ env })
  api = callerOf(shop.urls)
  admin = await signIn(api, env.ADMIN_EMAIL, env.ADMIN_PASSWORD)
  const input = { name: 'Teko Enamel', price: 5000, stock: 3, category: 'Dapur' }
  const { body } = await post('/products', input)
  draft = (await post('/products', { ...input, name: 'Rahasia', status: 'draft' })).body.id
  product = (await post(`/products/${body.id}/images`, pngOf(400, 300))).body
})

afterAll(async () => {
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  expect(audit.code, audit.output).toBe(0)
})

const post = (path: string, body: unknown): Promise<Answer> => api.post('gateway', `/api/v1${path}`, body, admin)
const pathOf = (url: string) => new URL(url).pathname
const show = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  rawRequest(shop.urls.gateway, { path, method, headers })

test('what staff send is shown by the inventory service and by the gateway, in every width', async () => {
  const { images, image } = product
  expect(images).toMatchObject([{ width: 400, height: 300, url: image }])
  expect(image.startsWith(`${shop.urls.gateway}/images/products/`)).toBe(true)
  const sizes = images[0].srcset.split(', ').map((size: string) => size.split(' '))
  expect(sizes.map(([, width]: string[]) => width)).toEqual(['160w', '320w', '400w'])
  for (const [url] of sizes) {
    const own = await fetch(shop.urls.inventory + pathOf(url))
    const passedOn = await fetch(url)
    expect([own.status, passedOn.status]).toEqual([200, 200])
    expect(Buffer.from(await passedOn.arrayBuffer()).equals(Buffer.from(await own.arrayBuffer()))).toBe(true)
    for (const name of ['content-type', 'cache-control', 'etag', 'last-modified', 'content-security-policy'])
      expect(passedOn.headers.get(name), name).toBe(own.headers.get(name))
    expect(passedOn.headers.get('content-type')).toBe('image/webp')
    expect(passedOn.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    // Pages of another address may show it.
    expect(passedOn.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    expect(passedOn.headers.get('x-content-type-options')).toBe('nosniff')
  }
})

test('a picture that a browser has is not sent again, and a part or its head is what was asked for', async () => {
  const path = pathOf(product.image)
  const whole = await show(path)
  const [etag, modified] = [String(whole.headers.etag), String(whole.headers['last-modified'])]
  for (const headers of [{ 'if-none-match': etag }, { 'if-modified-since': modified }] as Record<string, string>[]) {
    const again = await show(path, headers)
    expect([again.status, again.text]).toEqual([304, ''])
    expect(again.headers.etag).toBe(etag)
  }
  const head = await show(path, {}, 'HEAD')
  expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', whole.headers['content-length']])
  const part = await show(path, { range: 'bytes=0-9' })
  expect([part.status, part.headers['content-length']]).toEqual([206, '10'])
  expect(part.headers['content-range']).toBe(`bytes 0-9/${String(whole.headers['content-length'])}`)
  expect((await show(path, { range: 'bytes=999999999-' })).status).toBe(400)
  for (const method of ['POST', 'PUT', 'DELETE']) expect((await show(path, {}, method)).status).toBe(404)
})

test.each([
  () => '/images/products/none.webp',
  () => '/images/',
  () => '/images/products',
  () => '/images/../readyz',
  () => `/images/../products/${draft}`,
  () => `/images/%2e%2e/products/${draft}`,
  () => `/images/..%2fproducts%2f${draft}`,
  () => `/images/%2e%2e%2fproducts%2f${draft}`,
  () => `/images/%252e%252e%252fproducts%252f${draft}`,
  () => `/images/x/..%5c..%5cproducts%5c${draft}`,
  () => `/images//products/${draft}`,
  () => '/images/../audit-log',
  () => '/images/%00',
  () => '/images/.%00./readyz',
  () => '/images/products/../../../../etc/passwd',
])('the way to pictures leads nowhere else: %#', async (pathTo) => {
  const path = pathTo()
  const answer = await show(path, admin)
  expect(answer.status, path).toBe(404)
  expect(answer.text, path).not.toContain('Rahasia')
  expect(answer.headers['content-type'], path).toContain('application/problem+json')
})

test('browsers that leave in the middle of a picture do no harm', async () => {
  const large = Buffer.alloc(20 * 2 ** 20, 1)
  await writeFile(join(shop.dataFolder, 'images/large.png'), large)
  const url = `${shop.urls.gateway}/images/large.png`
  // More than the connections that the gateway has for pictures.
  await Promise.all(
    Array.from({ length: 80 }, async () => {
      const leaving = new AbortController()
      const { body } = await fetch(url, { signal: leaving.signal })
      await body!.getReader().read()
      leaving.abort()
    }),
  )
  expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(large.length)
  expect(shop.output()).not.toMatch(/error/i)
})

test('products are found by slug and category, and categories stand in their order with what is on sale', async () => {
  const get = async (path: string) => (await api.get('gateway', `/api/v1${path}`)).body
  expect(await get('/products?slug=teko-enamel')).toEqual([product])
  expect(await get('/products?category_slug=dapur')).toEqual([product])
  expect(await get('/products?slug=rahasia')).toEqual([])
  await post('/categories', { name: 'Promo', position: 0 })
  const categories = await get('/categories')
  expect(categories).toMatchObject([
    { name: 'Promo', slug: 'promo', product_count: 0, image: null },
    { name: 'Dapur', slug: 'dapur', product_count: 1 },
  ])
  expect(await get(`/categories/${categories[1].id}`)).toEqual(categories[1])
})
