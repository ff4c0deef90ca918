import { liveCloseCodes } from '@kakilima/contracts/live'
import { type Caller, callerOf, waitFor } from '@kakilima/testkit/call'
import { closeLiveClients, listenLive, type LiveClient } from '@kakilima/testkit/live-client'
import { prepareProcesses } from '@kakilima/testkit/processes'
import { freeAddresses } from '@kakilima/testkit/shop'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { newGuest, newStaff, type Signed, signIn } from './people.ts'

// Two gateways and two order services in processes of their own. Customers listen at the first gateway, which asks the first order
// service, and do everything at the second ones.
const shop = await prepareProcesses({ PAYMENT_WINDOW_SECONDS: '0', PAYMENT_WINDOW_SECONDS_QRIS: '3' })
const others = await freeAddresses()
const api: Caller = callerOf({ ...shop.urls, order: others.order, gateway: others.gateway })
let asAdmin: Signed

beforeAll(async () => {
  const portOf = (url: string) => ({ PORT: new URL(url).port })
  await Promise.all([
    shop.start('user'),
    shop.start('inventory'),
    shop.start('order'),
    shop.start('payment'),
    shop.start('gateway'),
    shop.startAnother('order', portOf(others.order)),
    shop.startAnother('gateway', portOf(others.gateway)),
  ])
  const { email, password } = await newStaff('admin', { USER_DATABASE_URL: shop.databases.user })
  asAdmin = await signIn(api, email, password)
  // A gateway that just started lets nobody in before it has read which sessions have ended.
  for (const caller of [api, shop.api]) {
    await waitFor(
      () => caller.get('gateway', '/api/v1/me', asAdmin),
      ({ status }) => status === 200,
    )
  }
})

afterEach(closeLiveClients)

afterAll(async () => {
  const { code, output } = await shop.audit()
  expect(code, output).toBe(0)
})

const tokenOf = ({ authorization }: Signed) => authorization.slice('Bearer '.length)

async function listen(signed: Signed): Promise<LiveClient> {
  const client = await listenLive(shop.urls.gateway, tokenOf(signed))
  await client.ready()
  return client
}

async function newProduct(stock = 10): Promise<number> {
  const { body } = await api.post('gateway', '/api/v1/products', { name: 'Kopi', price: 10_000, stock }, asAdmin)
  return body.id
}

async function place(signed: Signed, productId: number, quantity = 1): Promise<number> {
  const items = [{ product_id: productId, quantity }]
  const { status, body } = await api.post('gateway', '/api/v1/orders', { items }, signed)
  expect(status, JSON.stringify(body)).toBe(202)
  return body.order_id
}

async function pay(signed: Signed, orderId: number): Promise<void> {
  const opened = await api.post('gateway', `/api/v1/orders/${orderId}/payments`, { payment_method: 'CASH' }, signed)
  const paid = await api.post('gateway', `/api/v1/payments/${opened.body.id}/confirm`, undefined, signed)
  expect(paid.status, JSON.stringify(paid.body)).toBe(200)
}

/** The orders that a client has heard of. */
function heardOf({ messages }: LiveClient): Set<number> {
  return new Set(messages.flatMap((message) => (message.type === 'ready' ? [] : [message.order.id])))
}

test('a customer and staff hear of each step of an order that is placed elsewhere, and nobody else does', async () => {
  const [sari, budi] = [await newGuest(api), await newGuest(api, 'Budi')]
  const [mine, strangers, staffs] = await Promise.all([sari.headers, budi.headers, asAdmin].map(listen))
  const product = await newProduct()
  const id = await place(sari.headers, product)
  await mine!.hear(id, 'awaiting_payment')
  await pay(sari.headers, id)
  await mine!.hear(id, 'paid')
  const confirmed = await api.put('gateway', `/api/v1/orders/${id}/confirm`, undefined, asAdmin)
  expect(confirmed.status).toBe(200)
  const { body: shown } = await shop.api.get('gateway', `/api/v1/orders/${id}`, sari.headers)
  expect(await mine!.hear(id, 'confirmed')).toEqual(shown)
  for (const status of ['awaiting_payment', 'paid', 'confirmed']) await staffs!.hear(id, status)

  const theirs = await place(budi.headers, product)
  await strangers!.hear(theirs, 'awaiting_payment')
  await staffs!.hear(theirs, 'awaiting_payment')
  expect(heardOf(strangers!)).toEqual(new Set([theirs]))
  expect(heardOf(mine!)).toEqual(new Set([id]))
})

test('a rejected order is told with what was missing', async () => {
  const { headers } = await newGuest(api)
  const [client, product] = [await listen(headers), await newProduct(3)]
  const id = await place(headers, product, 4)
  expect(await client.hear(id, 'rejected')).toMatchObject({
    reason: 'insufficient-stock',
    shortages: [{ product_id: product, requested: 4, available: 3 }],
  })
})

test('an order that expires and one that is canceled are told', async () => {
  const { headers } = await newGuest(api)
  const [client, product] = [await listen(headers), await newProduct()]
  const [expiring, canceled] = [await place(headers, product), await place(headers, product)]
  await client.hear(expiring, 'awaiting_payment')
  await api.post('gateway', `/api/v1/orders/${expiring}/payments`, { payment_method: 'QRIS' }, headers)
  await client.hear(canceled, 'awaiting_payment')
  await api.post('gateway', `/api/v1/orders/${canceled}/cancellation`, undefined, headers)
  await client.hear(canceled, 'canceled')
  await client.hear(expiring, 'expired')
  expect(heardOf(client)).toEqual(new Set([expiring, canceled]))
})

test('what changes while the order service is dead is told when it is back, to connections that stayed open', async () => {
  const { headers } = await newGuest(api)
  const [client, product] = [await listen(headers), await newProduct()]
  const before = await place(headers, product)
  await client.hear(before, 'awaiting_payment')
  await shop.kill('order')
  // The second order service goes on deciding and changing.
  const during = await place(headers, product)
  const canceled = await waitFor(
    () => api.post('order', `/orders/${during}/cancellation`, { by: 'customer' }),
    ({ status }) => status === 200,
  )
  expect(canceled.body.status).toBe('canceled')
  const later = await place(headers, product)
  await shop.start('order')
  const after = await place(headers, product)
  await Promise.all([
    client.hear(during, 'canceled'),
    client.hear(later, 'awaiting_payment'),
    client.hear(after, 'awaiting_payment'),
  ])
  expect(client.messages.filter(({ type }) => type === 'ready')).toHaveLength(1)
})

test('signing out at one gateway closes the connections of that session at the other, and no others', async () => {
  const { headers } = await newGuest(api)
  const stays = await listen((await newGuest(api)).headers)
  const client = await listen(headers)
  expect((await api.post('gateway', '/api/v1/auth/logout', undefined, headers)).status).toBe(200)
  expect(await client.closed).toBe(liveCloseCodes.signInFirst)
  expect(stays.socket.readyState).toBe(stays.socket.OPEN)
  const again = await listenLive(others.gateway, tokenOf(headers))
  expect(await again.closed).toBe(liveCloseCodes.signInFirst)
})

test('the cookie of a page of the shop signs in, that of a foreign page is refused', async () => {
  const { headers } = await api.post('gateway', '/api/v1/auth/guest', { name: 'Dewi', phone: '081234567893' })
  const cookie = { cookie: headers.get('set-cookie')!.split(';')[0]! }
  const page = await listenLive(shop.urls.gateway, undefined, { origin: 'http://localhost:5173', headers: cookie })
  await page.ready()
  const foreign = listenLive(shop.urls.gateway, undefined, { origin: 'https://evil.example', headers: cookie })
  await expect(foreign).rejects.toThrow('403')
})
