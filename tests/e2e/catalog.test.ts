import { callerOf, waitFor } from '@kakilima/testkit/call'
import { prepareProcesses } from '@kakilima/testkit/processes'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'

let shop: Shop
let api: ReturnType<typeof callerOf>

beforeAll(async () => {
  shop = await startShop({ demo: false, env: { PAYMENT_WINDOW_SECONDS: '0' } })
  api = callerOf(shop.urls)
})
afterAll(() => shop.stop())

const item = (id: number) => api.get('catalog', `/items/products/${id}`)

/** Waits until the catalog shows a product so. */
const untilShown = (id: number, fields: object) =>
  waitFor(
    () => item(id),
    ({ status, body }) =>
      status === 200 && Object.entries(fields).every(([name, value]) => Object.is(body.data[name], value)),
  )

test('the catalog shows what happens to a product, and of its stock what can be sold', async () => {
  const input = { name: 'Tas Ransel', price: 150_000, stock: 15, category: 'Tas', description: 'Muat banyak' }
  const { body: product } = await api.post('inventory', '/products', input)
  const shown = await untilShown(product.id, { stock: 15 })
  expect(shown.body.data).toMatchObject({ ...input, status: 'published', created_at: product.created_at })

  await api.put('inventory', `/products/${product.id}`, { name: 'Tas Ransel Besar', price: 175_000 })
  await untilShown(product.id, { name: 'Tas Ransel Besar', price: 175_000, stock: 15 })
  await api.put('inventory', `/products/${product.id}/stock`, { quantity: -3 })
  await untilShown(product.id, { stock: 12 })

  const { body: user } = await api.post('user', '/users', { name: 'Sari', phone: '081234567890' })
  const order = await api.post('order', '/orders', { user_id: user.id, product_id: product.id, quantity: 2 })
  expect(order.status, JSON.stringify(order.body)).toBe(201)
  await untilShown(product.id, { stock: 10 })
  expect((await api.get('inventory', `/products/${product.id}`)).body).toMatchObject({ stock: 12, available: 10 })
  await api.post('order', `/orders/${order.body.id}/cancellation`, { by: 'staff' })
  await untilShown(product.id, { stock: 12 })

  await api.put('inventory', `/products/${product.id}`, { status: 'archived' })
  const gone = await waitFor(
    () => item(product.id),
    ({ status }) => status !== 200,
  )
  expect([gone.status, gone.body.errors[0].extensions.code]).toEqual([403, 'FORBIDDEN'])
  await api.put('inventory', `/products/${product.id}`, { status: 'published' })
  await untilShown(product.id, { stock: 12 })
  expect((await api.delete('inventory', `/products/${product.id}`)).status).toBe(200)
  await waitFor(
    () => item(product.id),
    ({ status }) => status === 403,
  )
})

test('the gateway passes reads of the catalog on', async () => {
  const { body: product } = await api.post('inventory', '/products', { name: 'Kopi', price: 20_000, stock: 5 })
  await untilShown(product.id, { name: 'Kopi' })
  const path = `/items/products?filter[id][_eq]=${product.id}&fields=id,name,price,stock&meta=filter_count`
  const answer = await api.get('gateway', path)
  expect(answer).toMatchObject({
    status: 200,
    body: { data: [{ id: product.id, name: 'Kopi', price: 20_000, stock: 5 }], meta: { filter_count: 1 } },
  })
  const etag = answer.headers.get('etag')!
  expect(etag).toBe((await api.get('catalog', path)).headers.get('etag'))
  expect((await api.get('gateway', path, { 'if-none-match': etag })).status).toBe(304)
  // Whoever is somebody here is nobody to the catalog.
  const { body: draft } = await api.post('inventory', '/products', { name: 'X', price: 1, stock: 1, status: 'draft' })
  await untilShown((await api.post('inventory', '/products', { name: 'Y', price: 1, stock: 1 })).body.id, { name: 'Y' })
  const { status } = await api.get('gateway', `/items/products/${draft.id}`, { authorization: 'Bearer anything' })
  expect(status).toBe(403)
})

test('a rebuild beside a shop that runs changes nothing that is right', async () => {
  const list = async () => (await api.get('catalog', '/items/products?sort=id')).body.data
  const before = await list()
  expect(before.length).toBeGreaterThan(1)
  const { code, output } = await runCommand(['catalog', 'rebuild'], {
    KAKILIMA_DATA: shop.dataFolder,
    INVENTORY_URL: shop.urls.inventory,
  })
  const { length: products } = (await api.get('inventory', '/products')).body
  const { length: deleted } = (await api.get('inventory', '/products/deleted')).body
  expect({ code, output }).toEqual({
    code: 0,
    output: `The catalog has ${products} products as the inventory has them, and knows of ${deleted} that were taken out.\n`,
  })
  expect(await list()).toEqual(before)
  const { body: product } = await api.post('inventory', '/products', { name: 'Teh', price: 5000, stock: 5 })
  await untilShown(product.id, { name: 'Teh' })
})

test('a catalog that is killed again and again while products change ends as the inventory has them', async () => {
  const processes = await prepareProcesses()
  await processes.start('inventory')
  await processes.start('catalog')
  const another = await processes.startAnother('catalog')
  let isOver = false
  const ids: number[] = []
  const change = async (worker: number) => {
    for (let round = 1; !isOver; round++) {
      const id = ids[(round * 7 + worker) % ids.length]
      const path = `/products/${id}`
      if (id === undefined || round % 40 === 0) {
        const product = { name: `Kopi ${worker} ${round}`, price: round, stock: 1000 }
        ids.push((await processes.api.post('inventory', '/products', product)).body.id)
      } else if (round % 10 < 4) await processes.api.put('inventory', path, { price: round, name: `Teh ${round}` })
      else if (round % 50 === 7) await processes.api.delete('inventory', path)
      else await processes.api.put('inventory', `${path}/stock`, { quantity: -1 })
    }
  }
  const changing = Promise.all([1, 2, 3].map(change))
  for (let kills = 0; kills < 4; kills++) {
    const seen = async () => (await processes.api.get('catalog', '/items/products?aggregate[max]=updated_at')).body
    const before = JSON.stringify(await seen())
    // Each life takes something in before it ends.
    await waitFor(seen, (now) => JSON.stringify(now) !== before)
    await processes.killAndRestart('catalog')
    if (kills === 2) await another.kill()
  }
  isOver = true
  await changing

  const wanted = async () =>
    (await processes.api.get('inventory', '/products?limit=1000')).body.map(
      ({ id, name, price, available, updated_at }: any) => ({ id, name, price, stock: available, updated_at }),
    )
  const shown = async () => {
    const query = 'sort=id&limit=-1&fields=id,name,price,stock,updated_at'
    return (await processes.api.get('catalog', `/items/products?${query}`)).body.data
  }
  const [inventory, catalog] = await waitFor(
    async () => [await wanted(), await shown()],
    ([there, here]) => JSON.stringify(there) === JSON.stringify(here),
  )
  expect(catalog).toEqual(inventory)
  expect(inventory.length).toBeGreaterThan(10)
})
