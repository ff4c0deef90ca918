import { type Answer, waitFor } from '@kakilima/testkit/call'
import { prepareProcesses } from '@kakilima/testkit/processes'
import { runCommand } from '@kakilima/testkit/shop'
import { beforeAll, expect, test } from 'vitest'

const names = ['user', 'inventory', 'order', 'payment', 'gateway'] as const
const shop = await prepareProcesses({ PAYMENT_WINDOW_SECONDS: '0', PAYMENT_WINDOW_SECONDS_QRIS: '3' })
const { api, start, kill, killAndRestart } = shop

beforeAll(async () => {
  await Promise.all(names.map((name) => start(name)))
})

async function productOf(id: number): Promise<{ stock: number; reserved: number }> {
  const { body } = await api.get('inventory', `/products/${id}`)
  return { stock: body.stock, reserved: body.reserved }
}

async function audit(): Promise<void> {
  const { code, output } = await shop.audit()
  expect(code, output).toBe(0)
}

test('the story on the ports of the services ends the same when each is killed and restarted between its steps', async () => {
  const user = (await api.post('user', '/users', { name: 'Sari', phone: '0812 3456 7890' })).body
  await killAndRestart('user')
  const product = (await api.post('inventory', '/products', { name: 'Tas Ransel', price: 150_000, stock: 15 })).body
  await killAndRestart('inventory')

  const order = await api.post('order', '/orders', { user_id: user.id, product_id: product.id, quantity: 2 })
  expect(order.status, JSON.stringify(order.body)).toBe(201)
  await killAndRestart('order')
  expect(await productOf(product.id)).toEqual({ stock: 15, reserved: 2 })

  const payment = await api.post('payment', '/payments', { order_id: order.body.id, payment_method: 'EWALLET' })
  expect(payment.status, JSON.stringify(payment.body)).toBe(201)
  await killAndRestart('payment', 'order')
  const confirmed = await api.post('payment', '/payments/confirm', { payment_id: payment.body.id })
  expect(confirmed.body).toMatchObject({ status: true, state: 'completed' })
  await killAndRestart(...names)

  const { body: unconfirmed } = await api.get('order', '/orders/unconfirmed/list')
  expect(unconfirmed).toMatchObject([{ id: order.body.id, payment_status: 'COMPLETED', user: { name: 'Sari' } }])
  expect((await api.put('order', `/orders/${order.body.id}/confirm`)).status).toBe(200)
  await killAndRestart('order', 'inventory')
  expect(await productOf(product.id)).toEqual({ stock: 13, reserved: 0 })
  const { body: history } = await api.get('order', `/orders/user/${user.id}`)
  expect(history).toMatchObject([{ status: 'confirmed', confirmed: true }])
  await audit()
})

test('the story over the gateway ends the same when every service is killed and restarted between its steps', async () => {
  const password = 'a password of the staff'
  const staff = { email: 'rina@example.com', password }
  const added = ['user', 'add', '--email', staff.email, '--name', 'Rina', '--role', 'staff', '--password', password]
  expect((await runCommand(added, { USER_DATABASE_URL: shop.databases.user })).code).toBe(0)

  // What a page does while the shop comes back: it asks again as long as the answer is 503.
  const patiently = (ask: () => Promise<Answer>) => waitFor(ask, ({ status }) => status !== 503)
  const get = (path: string, headers: object) => patiently(() => api.get('gateway', path, { ...headers }))
  const post = (path: string, body?: unknown, headers: object = {}) =>
    patiently(() => api.post('gateway', path, body, { ...headers }))
  const bearer = ({ body }: Answer) => ({ authorization: `Bearer ${body.token}` })
  const decided = (path: string, headers: object) =>
    waitFor(
      () => get(path, headers),
      ({ status, body }) => {
        expect(status, 'never 404 after the 202').toBe(200)
        return body.status !== 'queued'
      },
    )

  const rina = bearer(await post('/api/v1/auth/login', staff))
  await killAndRestart(...names)
  const customer = { name: 'Budi', email: 'budi@example.com', password: 'rahasia besar', phone: '081234567894' }
  expect((await post('/api/v1/auth/register', customer)).status).toBe(201)
  await killAndRestart(...names)
  const budi = bearer(await post('/api/v1/auth/login', customer))
  await killAndRestart(...names)
  const product = await post('/api/v1/products', { name: 'Tas Ransel', price: 150_000, stock: 15 }, rina)
  expect(product.status, JSON.stringify(product.body)).toBe(201)
  await killAndRestart(...names)

  // Accepted, and everything dies before anybody has decided it.
  const cart = { items: [{ product_id: product.body.id, quantity: 2 }] }
  const keyed = { ...budi, 'idempotency-key': 'one attempt' }
  const accepted = await post('/api/v1/orders', cart, keyed)
  expect(accepted.status, JSON.stringify(accepted.body)).toBe(202)
  await killAndRestart(...names)
  const order = await decided(accepted.body.status_url, budi)
  expect(order.body).toMatchObject({ status: 'awaiting_payment', total_price: 300_000 })
  expect((await post('/api/v1/orders', cart, keyed)).body.order_id).toBe(accepted.body.order_id)
  await killAndRestart(...names)

  const payment = await post(`${accepted.body.status_url}/payments`, { payment_method: 'EWALLET' }, budi)
  expect(payment.status, JSON.stringify(payment.body)).toBe(201)
  await killAndRestart(...names)
  const paid = await post(`/api/v1/payments/${payment.body.id}/confirm`, undefined, budi)
  expect(paid.body, JSON.stringify(paid.body)).toMatchObject({ status: true, state: 'completed' })
  await killAndRestart(...names)
  const confirmed = await patiently(() => api.put('gateway', `${accepted.body.status_url}/confirm`, undefined, rina))
  expect(confirmed.status, JSON.stringify(confirmed.body)).toBe(200)
  await killAndRestart(...names)
  expect((await get('/api/v1/orders', budi)).body).toMatchObject([{ id: accepted.body.order_id, status: 'confirmed' }])
  expect(await productOf(product.body.id)).toEqual({ stock: 13, reserved: 0 })
  await audit()
})

test('an order that was accepted right before the gateway and the order service were killed is decided afterwards', async () => {
  const guest = await waitFor(
    () => api.post('gateway', '/api/v1/auth/guest', { name: 'Ani', phone: '081234567895' }),
    ({ status }) => status === 201,
  )
  const headers = { authorization: `Bearer ${guest.body.token}` }
  const product = (await api.post('inventory', '/products', { name: 'Sandal', price: 40_000, stock: 5 })).body
  // Nobody can have decided it: the worker is dead when it is accepted, and the gateway right after.
  await kill('order')
  const body = { items: [{ product_id: product.id, quantity: 1 }] }
  const accepted = await api.post('gateway', '/api/v1/orders', body, headers)
  expect(accepted.status, JSON.stringify(accepted.body)).toBe(202)
  await kill('gateway')
  await start('order')
  await start('gateway')
  const decided = await waitFor(
    () => api.get('gateway', accepted.body.status_url, headers),
    (answer) => answer.status === 200 && answer.body.status !== 'queued',
  )
  expect(decided.body).toMatchObject({ status: 'awaiting_payment', total_price: 40_000 })
  expect(await productOf(product.id)).toEqual({ stock: 5, reserved: 1 })
  await audit()
})

test('an order that was accepted while inventory was away is decided when it comes back', async () => {
  const user = (await api.post('user', '/users', { name: 'Budi', phone: '081234567891' })).body
  const product = (await api.post('inventory', '/products', { name: 'Topi', price: 50_000, stock: 5 })).body
  await kill('inventory')
  const placed = await api.post('order', '/orders', { user_id: user.id, product_id: product.id })
  expect(placed.status, JSON.stringify(placed.body)).toBe(503)
  expect(placed.body.type).toBe('/problems/decision-pending')
  const location = placed.headers.get('location')!
  expect((await api.get('order', location)).body).toMatchObject({ status: 'queued', quantity: 1 })
  // The worker itself dies with the order in its hands.
  await killAndRestart('order')
  await start('inventory')
  const decided = await waitFor(
    () => api.get('order', location),
    ({ body }) => body.status !== 'queued',
  )
  expect(decided.body).toMatchObject({ status: 'awaiting_payment', total_price: 50_000 })
  expect(await productOf(product.id)).toEqual({ stock: 5, reserved: 1 })
  await audit()
})

test('what a neighbour that is away leaves undone is finished when it comes back', async () => {
  const user = (await api.post('user', '/users', { name: 'Ani', phone: '081234567892' })).body
  const product = (await api.post('inventory', '/products', { name: 'Kopi', price: 25_000, stock: 50 })).body
  const place = async () => {
    const { status, body } = await api.post('order', '/orders', { user_id: user.id, product_id: product.id })
    expect(status, JSON.stringify(body)).toBe(201)
    return body
  }
  const toConfirm = await place()
  await api.put('order', `/orders/${toConfirm.id}/payment`, { payment_status: true })
  const toExpire = await place()
  const open = (await api.post('payment', '/payments', { order_id: toExpire.id, payment_method: 'QRIS' })).body
  await kill('inventory')
  await kill('user')

  // Confirming needs inventory: the order stays confirming and is finished by itself.
  const confirm = await api.put('order', `/orders/${toConfirm.id}/confirm`)
  expect(confirm.status).toBe(503)
  expect(confirm.headers.get('retry-after')).toBeTruthy()
  expect((await api.get('order', `/orders/${toConfirm.id}`)).body.status).toBe('confirming')
  const cancel = await api.post('order', `/orders/${toConfirm.id}/cancellation`, { by: 'staff' })
  expect(cancel.status).toBe(409)
  // A detail shows what there is.
  const { body: detail } = await api.get('order', `/orders/${toConfirm.id}/detail`)
  expect(detail).toMatchObject({ user: { id: user.id }, product: { id: product.id, name: 'Kopi', price: 25_000 } })
  expect(detail.user.name).toBeUndefined()
  // The deadline passes, though nobody takes the units back yet.
  await waitFor(
    () => api.get('order', `/orders/${toExpire.id}`),
    ({ body }) => body.status === 'expired',
  )
  // A customer who can't be looked up can't order, and is told so.
  const refused = await api.post('order', '/orders', { user_id: user.id, product_id: product.id })
  expect(refused).toMatchObject({ status: 503, body: { type: '/problems/neighbor-unavailable' } })

  await start('inventory')
  await start('user')
  await waitFor(
    () => api.get('order', `/orders/${toConfirm.id}`),
    ({ body }) => body.status === 'confirmed',
  )
  await waitFor(
    () => productOf(product.id),
    ({ stock, reserved }) => stock === 49 && reserved === 0,
  )
  await waitFor(
    () => api.get('payment', `/payments/${open.id}`),
    ({ body }) => body.state === 'expired',
  )
  await audit()
})

test('payments and orders agree after the payment service was away while orders ended', async () => {
  const user = (await api.post('user', '/users', { name: 'Dewi', phone: '081234567893' })).body
  const product = (await api.post('inventory', '/products', { name: 'Teh', price: 15_000, stock: 50 })).body
  const order = (await api.post('order', '/orders', { user_id: user.id, product_id: product.id })).body
  const paid = (await api.post('payment', '/payments', { order_id: order.id, payment_method: 'CASH' })).body
  const other = (await api.post('payment', '/payments', { order_id: order.id, payment_method: 'BANK_TRANSFER' })).body
  await kill('payment')
  // What the payment service asked just before it died.
  const asked = await api.post('order', `/orders/${order.id}/payments`, { payment_id: paid.id, payment_method: 'CASH' })
  expect(asked.body).toMatchObject({ status: 'paid', paid_by_payment_id: paid.id })
  await start('payment')
  for (const [id, state] of [
    [paid.id, 'completed'],
    [other.id, 'voided'],
  ]) {
    await waitFor(
      () => api.get('payment', `/payments/${id}`),
      ({ body }) => body.state === state,
    )
  }
  await audit()
})
