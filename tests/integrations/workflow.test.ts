import { beforeEach, expect, inject, test } from 'vitest'
import { askDirectus } from './directus.ts'
import { emptyDirectus, heldProduct, whileDirectusHangs, withoutFields } from './products-in-directus.ts'
import { deliver, type Headers, messageOf, send, signedHeaders } from './signed-message.ts'

const product = {
  id: 7,
  slug: 'kopi-susu',
  name: 'Kopi Susu “Gula Aren” ☕',
  price: 18_000,
  stock: 20,
  reserved: 2,
  available: 18,
  description: 'Dingin.\nManis.',
  sku: 'KOPI-1',
  category: 'Minuman',
  image: 'https://img.example.com/kopi.webp',
  status: 'published',
  weight_grams: 350,
  version: 4,
  created_at: '2026-11-22T08:00:00.000Z',
  updated_at: '2026-11-22T09:30:00.500Z',
}
const { reserved: _reserved, available, ...rest } = product
const expected = { ...rest, stock: available }

beforeEach(emptyDirectus)

async function tell(type: string, data: unknown): Promise<void> {
  const { status, body } = await deliver(messageOf(type, data))
  expect(status, body).toBe(200)
}

test('a created product stands in Directus, with what can be sold as its stock', async () => {
  await tell('product.created', product)
  expect(await heldProduct(7)).toEqual(expected)
})

test('a message that comes twice changes nothing the second time', async () => {
  await tell('product.created', product)
  await tell('product.created', product)
  expect(await heldProduct(7)).toEqual(expected)
})

test('a change of a product that Directus does not know creates it', async () => {
  await tell('product.updated', product)
  expect(await heldProduct(7)).toEqual(expected)
})

test('a change overwrites all fields, those that were emptied too', async () => {
  await tell('product.created', product)
  const change = { name: 'Kopi', sku: null, category: null, status: 'archived', version: 5 }
  await tell('product.updated', { ...product, ...change })
  expect(await heldProduct(7)).toEqual({ ...expected, ...change })
})

test('stock.changed changes the stock and leaves the rest', async () => {
  await tell('product.created', product)
  const updated_at = '2026-11-22T10:00:00.000Z'
  await tell('stock.changed', { id: 7, version: 5, stock: 20, reserved: 9, available: 11, updated_at })
  expect(await heldProduct(7)).toEqual({ ...expected, stock: 11, version: 5, updated_at })
})

test('the stock of a product that Directus does not know is no product', async () => {
  await tell('stock.changed', product)
  expect(await heldProduct(7)).toBeUndefined()
})

test('a message that comes late does not overwrite a newer one', async () => {
  await tell('product.created', product)
  await tell('product.updated', { ...product, version: 3, name: 'An older name' })
  await tell('stock.changed', { ...product, version: 3, available: 1 })
  expect(await heldProduct(7)).toEqual(expected)
})

test('a product that Directus has no version of takes any message', async () => {
  await tell('product.created', product)
  await askDirectus(inject('directus').asAdmin, 'PATCH', '/items/products/7', { version: null })
  await tell('stock.changed', { ...product, version: 1, available: 3 })
  expect(await heldProduct(7)).toMatchObject({ stock: 3, version: 1 })
})

test('a collection without the field version takes any message', async () => {
  await withoutFields(['version'], async () => {
    await tell('product.created', product)
    await tell('stock.changed', { ...product, version: 1, available: 3 })
    const { version: _version, ...others } = expected
    expect(await heldProduct(7)).toEqual({ ...others, stock: 3 })
  })
})

test('a collection that lacks fields gets the others', async () => {
  await withoutFields(['sku', 'slug', 'updated_at'], async () => {
    await tell('product.created', product)
    await tell('product.updated', { ...product, name: 'Kopi', version: 5 })
    const { sku: _sku, slug: _slug, updated_at: _updated, ...others } = expected
    expect(await heldProduct(7)).toEqual({ ...others, name: 'Kopi', version: 5 })
  })
})

test('a deleted product is gone, and deleting it again is fine', async () => {
  await tell('product.created', product)
  await tell('product.created', { ...product, id: 8 })
  await tell('product.deleted', { id: 7, version: 5 })
  await tell('product.deleted', { id: 7, version: 5 })
  expect(await heldProduct(7)).toBeUndefined()
  expect(await heldProduct(8)).toMatchObject({ id: 8 })
})

test('a message about something else is taken and changes nothing', async () => {
  await tell('product.created', product)
  await tell('order.paid', { id: 7, version: 5, status: 'paid' })
  expect(await heldProduct(7)).toEqual(expected)
})

const notIds = [undefined, null, '7', 7.5, 0, -1, {}, [7]].map((id) => ({ id }))

test.for(notIds)('data.id $id is refused and no product is touched', async ({ id }) => {
  await tell('product.created', product)
  for (const type of ['product.created', 'product.updated', 'product.deleted', 'stock.changed'])
    expect((await deliver(messageOf(type, { ...product, id, version: 9, name: 'Another' }))).status).toBe(422)
  expect(await heldProduct(7)).toEqual(expected)
})

const minutes = 60_000
const wrongSecret = `whsec_${Buffer.from('a secret that nobody knows').toString('base64')}`
const refused: Record<string, (body: string) => Headers> = {
  'signed with another secret': (body) => signedHeaders(body, wrongSecret),
  'signed for another body': (body) => signedHeaders(`${body} `),
  'signed for another id': (body) => ({ ...signedHeaders(body), 'webhook-id': 'msg_another' }),
  'signed for another time': (body) => ({
    ...signedHeaders(body, undefined, Date.now() - minutes),
    'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
  }),
  'older than five minutes': (body) => signedHeaders(body, undefined, Date.now() - 5.2 * minutes),
  'more than five minutes ahead': (body) => signedHeaders(body, undefined, Date.now() + 5.2 * minutes),
  'with a time that is no number': (body) => ({ ...signedHeaders(body), 'webhook-timestamp': 'now' }),
  'with an empty signature': (body) => ({ ...signedHeaders(body), 'webhook-signature': 'v1,' }),
  'with a signature of another kind': (body) => {
    const headers = signedHeaders(body)
    return { ...headers, 'webhook-signature': headers['webhook-signature']!.replace('v1,', 'v1a,') }
  },
  'without a signature': () => ({ 'webhook-id': 'msg_1', 'webhook-timestamp': String(Math.floor(Date.now() / 1000)) }),
  'without any of the headers': () => ({}),
}

test.for(Object.entries(refused))('a message %s is refused', async ([, headersFor]) => {
  await tell('product.created', product)
  const body = messageOf('product.deleted', { id: 7, version: 5 })
  const answer = await send(body, headersFor(body))
  expect(answer.status, answer.body).toBe(401)
  expect(await heldProduct(7)).toEqual(expected)
})

test('one right signature among several is enough', async () => {
  const body = messageOf('order.paid', {})
  const headers = signedHeaders(body)
  const several = `v1,bm90IHRoaXMgb25l v1a,bm9yIHRoaXM= ${headers['webhook-signature']}`
  expect(await send(body, { ...headers, 'webhook-signature': several })).toMatchObject({ status: 200 })
})

test('the bytes of the body are what is signed, however its JSON is written', async () => {
  const body = JSON.stringify(JSON.parse(messageOf('product.created', product)), null, 3).replace('18000', '1.8e4')
  expect(await deliver(body)).toMatchObject({ status: 200 })
  expect(await heldProduct(7)).toEqual(expected)
})

test('while Directus does not answer the message is not taken, and it is when it is sent again', async () => {
  const body = messageOf('product.created', product)
  const answer = await whileDirectusHangs(() => send(body, signedHeaders(body)))
  expect(answer.status, answer.body).toBeGreaterThanOrEqual(500)
  expect(await deliver(body)).toMatchObject({ status: 200 })
  expect(await heldProduct(7)).toEqual(expected)
})

test('what Directus refuses is not taken', async () => {
  await tell('product.created', product)
  const body = messageOf('product.updated', { ...product, version: 5, name: null })
  expect((await send(body, signedHeaders(body))).status).toBe(500)
  expect(await heldProduct(7)).toEqual(expected)
})
