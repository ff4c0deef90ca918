import { type Answer, callerOf, waitFor } from '@kakilima/testkit/call'
import { pngOf } from '@kakilima/testkit/png'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { shopDatabases } from '@kakilima/testkit/shop-database'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newParkedOrder } from './parked-order.ts'
import { newGuest, newStaff, type Signed, signIn } from './people.ts'

let shop: Shop
let api: ReturnType<typeof callerOf>

const picture = pngOf(40, 30)
const sheet = new Blob(['name,price\nTas Rahasia,1\n'], { type: 'text/csv' })
const callers = ['nobody', 'stranger', 'owner', 'viewer', 'staff', 'admin'] as const
/** What each of the callers is told: a status, or `ok` for whatever is no refusal. */
const ok = 0
const allowed = {
  anyone: [ok, ok, ok, ok, ok, ok],
  'signed in': [401, ok, ok, ok, ok, ok],
  'the owner, and all staff': [401, 404, ok, ok, ok, ok],
  'the owner, and staff who may change': [401, 404, ok, 403, ok, ok],
  readers: [401, 403, 403, ok, ok, ok],
  staff: [401, 403, 403, 403, ok, ok],
  admins: [401, 403, 403, 403, 403, ok],
}

/** Who may call what, said once more and apart from the gateway's own table. `body` is what a route with an id needs to get to it. */
const routes: Record<string, { for: keyof typeof allowed; body?: unknown }> = {
  'POST /api/v1/auth/register': { for: 'anyone' },
  'POST /api/v1/auth/login': { for: 'anyone' },
  'POST /api/v1/auth/guest': { for: 'anyone' },
  'POST /api/v1/auth/refresh': { for: 'signed in' },
  'POST /api/v1/auth/logout': { for: 'signed in' },
  'GET /api/v1/me': { for: 'signed in' },
  'PUT /api/v1/me/password': { for: 'signed in' },
  'PUT /api/v1/me/language': { for: 'signed in' },
  'GET /api/v1/products': { for: 'anyone' },
  'GET /api/v1/products/{id}': { for: 'anyone' },
  'GET /api/v1/desk/products': { for: 'readers' },
  'GET /api/v1/desk/products/{id}': { for: 'readers' },
  'POST /api/v1/products': { for: 'staff' },
  'PUT /api/v1/products/{id}': { for: 'staff', body: { price: 1 } },
  'PUT /api/v1/products/{id}/stock': { for: 'staff', body: { quantity: 1 } },
  'DELETE /api/v1/products/{id}': { for: 'staff' },
  'POST /api/v1/products/{id}/duplicate': { for: 'staff' },
  'POST /api/v1/products/import': { for: 'staff', body: sheet },
  'GET /api/v1/products/export': { for: 'readers' },
  'GET /api/v1/stock-movements': { for: 'readers' },
  'POST /api/v1/products/{id}/images': { for: 'staff', body: picture },
  'PUT /api/v1/products/{id}/images': { for: 'staff', body: { image_ids: [] } },
  'DELETE /api/v1/products/{id}/images/{image_id}': { for: 'staff' },
  'GET /api/v1/shop': { for: 'anyone' },
  'PUT /api/v1/shop': { for: 'admins', body: { low_stock_at: 5 } },
  'PUT /api/v1/shop/logo': { for: 'admins', body: picture },
  'DELETE /api/v1/shop/logo': { for: 'admins' },
  'GET /api/v1/categories': { for: 'anyone' },
  'GET /api/v1/categories/{id}': { for: 'anyone' },
  'POST /api/v1/categories': { for: 'staff' },
  'PUT /api/v1/categories/{id}': { for: 'staff', body: { position: 1 } },
  'DELETE /api/v1/categories/{id}': { for: 'staff' },
  'PUT /api/v1/categories/{id}/image': { for: 'staff', body: picture },
  'DELETE /api/v1/categories/{id}/image': { for: 'staff' },
  'POST /api/v1/orders': { for: 'signed in' },
  'GET /api/v1/orders': { for: 'signed in' },
  'GET /api/v1/orders/{id}': { for: 'the owner, and all staff' },
  'POST /api/v1/orders/{id}/payments': { for: 'the owner, and staff who may change', body: { payment_method: 'CASH' } },
  'POST /api/v1/orders/{id}/cancellation': { for: 'the owner, and staff who may change' },
  'PUT /api/v1/orders/{id}/confirm': { for: 'staff' },
  'POST /api/v1/orders/confirmations': { for: 'staff' },
  'GET /api/v1/orders/{id}/timeline': { for: 'readers' },
  'GET /api/v1/orders/{id}/notes': { for: 'readers' },
  'POST /api/v1/orders/{id}/notes': { for: 'staff', body: { text: 'Tas Rahasia' } },
  'GET /api/v1/orders/export': { for: 'readers' },
  'GET /api/v1/desk/summary': { for: 'readers' },
  'GET /api/v1/reports/sales': { for: 'readers' },
  'GET /api/v1/payment-windows': { for: 'readers' },
  'PUT /api/v1/payment-windows': { for: 'admins', body: { methods: { QRIS: 0 } } },
  'GET /api/v1/parked-orders': { for: 'readers' },
  'POST /api/v1/parked-orders/{id}/replay': { for: 'staff' },
  'POST /api/v1/parked-orders/{id}/rejection': { for: 'staff' },
  'GET /api/v1/payment-methods': { for: 'anyone' },
  'GET /api/v1/bank-accounts': { for: 'readers' },
  'PUT /api/v1/bank-accounts': { for: 'admins', body: { accounts: [] } },
  'GET /api/v1/payments': { for: 'readers' },
  'POST /api/v1/payments/{id}/confirm': { for: 'the owner, and staff who may change' },
  'POST /api/v1/payments/{id}/refund': { for: 'staff', body: { reference: 'transfer 7' } },
  'GET /api/v1/customers': { for: 'readers' },
  'GET /api/v1/customers/{id}': { for: 'readers' },
  'PUT /api/v1/customers/{id}/ban': { for: 'staff' },
  'DELETE /api/v1/customers/{id}/ban': { for: 'staff' },
  'GET /api/v1/staff': { for: 'readers' },
  'POST /api/v1/staff': { for: 'admins' },
  'PUT /api/v1/staff/{id}': { for: 'admins', body: { name: 'Dewi' } },
  'PUT /api/v1/staff/{id}/ban': { for: 'admins' },
  'DELETE /api/v1/staff/{id}/ban': { for: 'admins' },
  'POST /api/v1/staff/{id}/password': { for: 'admins' },
  'GET /api/v1/audit-log': { for: 'admins' },
  'GET /api/v1/audit': { for: 'readers' },
  'POST /api/v1/audit': { for: 'admins' },
  'GET /api/v1/permissions': { for: 'readers' },
  'GET /api/v1/system/health': { for: 'readers' },
  'GET /api/v1/system/queue': { for: 'readers' },
  'GET /api/v1/webhooks/event-types': { for: 'staff' },
  'GET /api/v1/webhooks/subscriptions': { for: 'staff' },
  'POST /api/v1/webhooks/subscriptions': { for: 'admins' },
  'GET /api/v1/webhooks/subscriptions/{id}': { for: 'staff' },
  'PUT /api/v1/webhooks/subscriptions/{id}': { for: 'admins', body: { description: 'for the bookkeeper' } },
  'DELETE /api/v1/webhooks/subscriptions/{id}': { for: 'admins' },
  'POST /api/v1/webhooks/subscriptions/{id}/secret': { for: 'admins' },
  'POST /api/v1/webhooks/subscriptions/{id}/sync': { for: 'admins' },
  'POST /api/v1/webhooks/subscriptions/{id}/resend': { for: 'staff', body: { state: 'parked' } },
  'GET /api/v1/webhooks/deliveries': { for: 'staff' },
  'GET /api/v1/webhooks/deliveries/{id}': { for: 'staff' },
  'POST /api/v1/webhooks/deliveries/{id}/resend': { for: 'staff' },
  // Who listens says so in the first message.
  'GET /api/v1/live': { for: 'anyone' },
}

const nouns = [
  'products',
  'categories',
  'orders',
  'parked',
  'payments',
  'customers',
  'subscriptions',
  'deliveries',
  'staff',
] as const
type Noun = (typeof nouns)[number]
type Things = Record<Noun, number>
/** The image of a product, by the product's id. */
const imageOf = new Map<number, number>()
const signed: Partial<Record<(typeof callers)[number], Signed>> = {}
let owner: { headers: Signed; id: number }
/** Things of the owner that no refused call may change, nor tell of. */
let there: Things
const nowhere = Object.fromEntries(nouns.map((noun) => [noun, 999_999])) as Things
const secrets = ['Wulandari', 'Tas Rahasia']

const get = (path: string, headers?: Signed) => api.get('gateway', path, headers)
const post = (path: string, body?: unknown, headers?: Signed) => api.post('gateway', path, body, headers)

beforeAll(async () => {
  const env = { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'kata sandi admin', PAYMENT_WINDOW_SECONDS: '0' }
  shop = await startShop({ env })
  api = callerOf(shop.urls)
  signed.admin = await signIn(api, env.ADMIN_EMAIL, env.ADMIN_PASSWORD)
  for (const role of ['viewer', 'staff'] as const) {
    const { email, password } = await newStaff(role, { KAKILIMA_DATA: shop.dataFolder })
    signed[role] = await signIn(api, email, password)
  }
  owner = await newGuest(api, 'Sari Wulandari')
  signed.owner = owner.headers
  signed.stranger = (await newGuest(api, 'Budi')).headers
  await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  const orders = await newThing('orders')
  const [products, payments, customers] = [await newProduct(), await newPayment(orders), await newThing('customers')]
  const [categories, subscriptions] = [await newThing('categories'), await newThing('subscriptions')]
  const [deliveries, staff, parked] = [await newThing('deliveries'), await newThing('staff'), await newThing('parked')]
  there = { products, categories, orders, parked, payments, customers, subscriptions, deliveries, staff }
})

afterAll(async () => {
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  expect(audit.code, audit.output).toBe(0)
})

async function newProduct(): Promise<number> {
  const { id } = (await post('/api/v1/products', { name: 'Tas Rahasia', price: 150_000, stock: 10 }, signed.admin)).body
  const answer = await send('POST', '/api/v1/products/{id}/images', { ...nowhere, products: id }, signed.admin, picture)
  const { images } = (await answer.json()) as { images: { id: number }[] }
  imageOf.set(id, images[0]!.id)
  return id
}

/** An order of the owner that awaits its payment, by one unit of a product of its own. */
async function newOrder(productId: number, more: object = {}, moreOfLine: object = {}): Promise<Answer> {
  const body = { ...more, items: [{ ...moreOfLine, product_id: productId, quantity: 1 }] }
  const { body: accepted } = await post('/api/v1/orders', body, owner.headers)
  return waitFor(
    () => get(accepted.status_url, owner.headers),
    (answer) => answer.body.status !== 'queued',
  )
}

async function newPayment(orderId: number): Promise<number> {
  return (await post(`/api/v1/orders/${orderId}/payments`, { payment_method: 'QRIS' }, owner.headers)).body.id
}

/** A receiver that wants what does not happen here. */
async function newSubscription(): Promise<number> {
  const body = { url: 'https://receiver.invalid/', event_types: ['payment.expired'], is_active: false }
  return (await post('/api/v1/webhooks/subscriptions', body, signed.admin)).body.id
}

/** What a receiver could not be told some time ago. */
async function newDelivery(): Promise<number> {
  const subscription = await newSubscription()
  const db = (await shopDatabases(shop.dataFolder)).open('webhook')
  const { rows } = await sql<{ id: number }>`
    with event as (
      insert into events (id, type, subject, version, occurred_at, data)
      values (${`payment-${subscription}`}, 'payment.expired', 'payment:1', 1, now(), '{"note": "Tas Rahasia"}') returning id
    )
    insert into deliveries (subscription_id, event_id, event_type, subject, state, ended_at)
    select ${subscription}, id, 'payment.expired', 'payment:1', 'parked', now() from event returning id`.execute(db)
  await db.destroy()
  return rows[0]!.id
}

async function newThing(noun: Noun): Promise<number> {
  if (noun === 'parked') return newParkedOrder(shop.dataFolder, owner.id, await newProduct())
  if (noun === 'subscriptions') return newSubscription()
  if (noun === 'deliveries') return newDelivery()
  if (noun === 'staff') {
    const email = `${crypto.randomUUID()}@example.com`
    return (await post('/api/v1/staff', { name: 'Wulandari', email, role: 'viewer' }, signed.admin)).body.account.id
  }
  if (noun === 'customers') return (await newGuest(api, 'Dewi Wulandari')).id
  if (noun === 'categories')
    return (await post('/api/v1/categories', { name: crypto.randomUUID() }, signed.admin)).body.id
  const product = await newProduct()
  if (noun === 'products') return product
  const { body: order } = await newOrder(product)
  return noun === 'orders' ? order.id : newPayment(order.id)
}

/** All of what is there that could have been changed, as the admin sees it. */
async function state(): Promise<unknown[]> {
  const paths = [
    `products/${there.products}`,
    `categories/${there.categories}`,
    `orders/${there.orders}`,
    `orders/${there.orders}/timeline`,
    'parked-orders',
    `payments?order_id=${there.orders}`,
    `webhooks/subscriptions/${there.subscriptions}`,
    `webhooks/deliveries/${there.deliveries}`,
  ]
  const things = await Promise.all(paths.map(async (path) => (await get(`/api/v1/${path}`, signed.admin)).body))
  const { body: staff } = await get('/api/v1/staff', signed.admin)
  return [...things, staff.find(({ id }: { id: number }) => id === there.staff)]
}

function nounOf(path: string): Noun {
  return /^\/api\/v1\/(?:(?:webhooks|desk)\/)?(\w+)/.exec(path)![1] as Noun
}

function send(method: string, path: string, things: Things, headers?: Signed, body?: unknown): Promise<Response> {
  const id = things[nounOf(path)]
  const raw = body instanceof Uint8Array ? new Blob([new Uint8Array(body)], { type: 'image/png' }) : body
  return fetch(
    shop.urls.gateway + path.replace('{id}', String(id)).replace('{image_id}', String(imageOf.get(id) ?? 1)),
    {
      method,
      headers: {
        ...headers,
        ...(raw !== undefined && { 'content-type': raw instanceof Blob ? raw.type : 'application/json' }),
      },
      ...(raw !== undefined && { body: raw instanceof Blob ? raw : JSON.stringify(raw) }),
    },
  )
}

function expectNothingTold(text: string, what: string): void {
  const told = Object.keys(JSON.parse(text)).filter((name) => name !== 'instance')
  expect(told, what).toEqual(['type', 'title', 'status', 'detail', 'error'])
  for (const secret of secrets) expect(text, what).not.toContain(secret)
}

test('every route stands in the table', async () => {
  const { body } = await get('/openapi.json')
  const paths = Object.entries<object>(body.paths)
  const known = paths.flatMap(([path, methods]) => Object.keys(methods).map((name) => `${name.toUpperCase()} ${path}`))
  expect(known.toSorted()).toEqual(Object.keys(routes).toSorted())
})

describe.each(callers.map((caller, index) => [caller, index] as const))('%s', (caller, index) => {
  test.each(Object.entries(routes))('%s', async (route, { for: who, body }) => {
    const expected = allowed[who][index]!
    const [method, path] = route.split(' ') as [string, string]
    // It ends a session that the other routes are tried with.
    const headers = path.endsWith('/logout') && caller !== 'nobody' ? (await newGuest(api)).headers : signed[caller]
    if (expected === ok) {
      const own = path.includes('{id}') ? { [nounOf(path)]: await newThing(nounOf(path)) } : {}
      const answer = await send(method, path, { ...nowhere, ...own }, headers, body)
      expect([401, 403, 404], await answer.text()).not.toContain(answer.status)
      expect(answer.status).toBeLessThan(500)
      return
    }
    const before = await state()
    const answer = await send(method, path, there, headers, body)
    const text = await answer.text()
    expect(answer.status, text).toBe(expected)
    expectNothingTold(text, route)
    if (expected === 404) {
      // Somebody else's thing and one that never was are the same.
      const missing: any = await (await send(method, path, nowhere, headers, body)).json()
      expect({ ...missing, instance: '' }).toEqual({ ...JSON.parse(text), instance: '' })
    }
    if (method === 'GET') expect((await send('HEAD', path, there, headers)).status, 'HEAD').toBe(expected)
    expect(await state()).toEqual(before)
  })
})

test('no spelling of a path goes around the table', async () => {
  const spellings = ['/api/v1/customers/', '/api/v1/%63ustomers', '/api/v1/customers?x=/api/v1/products']
  for (const path of spellings) expect((await get(path)).status, path).toBe(401)
  for (const path of ['/API/v1/customers', '/api/v1//customers', '//api/v1/customers', '/api/v1/products/../customers'])
    expect([401, 404], path).toContain((await get(path)).status)
})

test("a list shows a customer nothing of others, and a draft is nobody's to see", async () => {
  expect((await get('/api/v1/orders', signed.stranger)).body).toEqual([])
  expect((await get(`/api/v1/orders?user_id=${owner.id}`, signed.stranger)).body).toEqual([])
  expect((await get(`/api/v1/orders?user_id=${owner.id}`, signed.viewer)).body).not.toEqual([])
  const draft = { name: 'Tas Baru', price: 1, stock: 1, status: 'draft' }
  const { body: product } = await post('/api/v1/products', draft, signed.admin)
  expect((await get(`/api/v1/products/${product.id}`, signed.stranger)).status).toBe(404)
  const { body: products } = await get('/api/v1/products?status=draft')
  expect(products.map(({ id }: { id: number }) => id)).not.toContain(product.id)
})

test('who works in the shop is banned by none of the others', async () => {
  const { body: admin } = await get('/api/v1/me', signed.admin)
  for (const method of ['PUT', 'DELETE']) {
    const answer = await send(method, '/api/v1/customers/{id}/ban', { ...nowhere, customers: admin.id }, signed.staff)
    expect(answer.status).toBe(404)
  }
  expect((await get('/api/v1/me', signed.admin)).status).toBe(200)
})

describe('what a customer may not decide has no effect', () => {
  const ids = { id: 1, user_id: 1, paid_by_payment_id: 1, version: 99, role: 'admin', by: 'staff', banned_at: null }
  const money = { price: 1, unit_price: 1, total: 1, total_price: 1, amount: 1, provider: 'manual', receipt: 'x' }
  const states = { status: 'paid', state: 'completed', paid: true, payment_status: true, confirmed: true }
  const wishes = { ...ids, ...money, ...states, expires_at: null, name: 'Sari' }

  test('in an account or a session', async () => {
    const account = { ...wishes, email: 'budi@example.com', password: 'rahasia besar' }
    const { body: registered } = await post('/api/v1/auth/register', account)
    expect(registered.user).toMatchObject({ role: 'customer', email: 'budi@example.com' })
    expect(registered.user.id).toBeGreaterThan(1)
    const login = await post('/api/v1/auth/login', account)
    expect(login.body.user).toEqual(registered.user)
    const guest = await post('/api/v1/auth/guest', { ...wishes, phone: '081234567890' })
    expect(guest.body.user).toMatchObject({ role: 'customer', email: null })
    expect(guest.body.user.id).toBeGreaterThan(registered.user.id)
    for (const { token, user } of [login.body, guest.body]) {
      const headers = { authorization: `Bearer ${token}` }
      expect((await post('/api/v1/auth/refresh', wishes, headers)).body.user).toEqual(user)
      expect((await get('/api/v1/customers', headers)).status).toBe(403)
    }
  })

  test('in an order or a payment', async () => {
    const product = await newProduct()
    const { body: order } = await newOrder(product, wishes, wishes)
    expect(order).toMatchObject({ user_id: owner.id, status: 'awaiting_payment', total_price: 150_000, version: 1 })
    expect(order.lines).toEqual([{ product_id: product, name: 'Tas Rahasia', unit_price: 150_000, quantity: 1 }])
    expect(order.id).toBeGreaterThan(there.orders)

    const wanted = { ...wishes, order_id: there.orders, payment_method: 'EWALLET' }
    const { body: payment } = await post(`/api/v1/orders/${order.id}/payments`, wanted, owner.headers)
    const own = { order_id: order.id, user_id: owner.id, amount: 150_000, provider: 'simulator' }
    expect(payment).toMatchObject({ ...own, state: 'open', status: false, receipt: null, version: 1 })
    await post(`/api/v1/payments/${payment.id}/confirm`, { ...wishes, payment_id: there.payments }, owner.headers)
    const paid = await get(`/api/v1/orders/${order.id}`, owner.headers)
    expect(paid.body).toMatchObject({ status: 'paid', paid_by_payment_id: payment.id, total_price: 150_000 })
    // Only staff may cancel what is paid, and nobody becomes staff by saying so.
    expect((await post(`/api/v1/orders/${order.id}/cancellation`, wishes, owner.headers)).status).toBe(409)
    expect((await get(`/api/v1/orders/${there.orders}`, owner.headers)).body).toMatchObject({
      status: 'awaiting_payment',
    })
  })
})
