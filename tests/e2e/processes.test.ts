import { type Caller, callerOf, type ServiceUrls, waitFor } from '@kakilima/testkit/call'
import { cloneDatabase, type ServiceName } from '@kakilima/testkit/database-per-file'
import { freeAddresses, runCommand, type ServiceProcess, startService } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'

const names = ['user', 'inventory', 'order', 'payment'] as const
const token = 'a secret that only the services know, for this test'

let urls: ServiceUrls
let api: Caller
const environments: Partial<Record<ServiceName, Record<string, string>>> = {}
const running = new Map<ServiceName, ServiceProcess>()
const databases: Record<string, string> = {}

beforeAll(async () => {
  urls = await freeAddresses()
  const addresses = {
    USER_URL: urls.user,
    INVENTORY_URL: urls.inventory,
    ORDER_URL: urls.order,
    PAYMENT_URL: urls.payment,
  }
  for (const name of names) {
    const url = await cloneDatabase(name)
    databases[`${name.toUpperCase()}_DATABASE_URL`] = url
    // Each as on a server of its own: its database in DATABASE_URL, its port in PORT, its neighbours by address.
    environments[name] = {
      DATABASE_URL: url,
      PORT: new URL(urls[name]).port,
      ...addresses,
      SERVICE_TOKEN: token,
      PAYMENT_WINDOW_SECONDS: '0',
      PAYMENT_WINDOW_SECONDS_QRIS: '3',
      LOG_LEVEL: 'warn',
    }
  }
  await Promise.all(names.map(start))
  api = callerOf(urls)
})

afterAll(async () => {
  await Promise.all([...running.values()].map((service) => service.stop()))
})

async function start(name: ServiceName): Promise<void> {
  running.set(name, await startService(name, environments[name]!))
}

async function kill(name: ServiceName): Promise<void> {
  await running.get(name)!.kill()
  running.delete(name)
}

async function killAndRestart(...killed: ServiceName[]): Promise<void> {
  await Promise.all(killed.map(kill))
  await Promise.all(killed.map(start))
}

async function productOf(id: number): Promise<{ stock: number; reserved: number }> {
  const { body } = await api.get('inventory', `/products/${id}`)
  return { stock: body.stock, reserved: body.reserved }
}

async function audit(): Promise<void> {
  const { code, output } = await runCommand(['audit', '--settle-seconds', '20'], databases)
  expect(code, output).toBe(0)
}

test('the story ends the same when every service is killed and restarted between its steps', async () => {
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
