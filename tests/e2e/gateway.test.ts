import { type Answer, callerOf, waitFor } from '@kakilima/testkit/call'
import { closeLiveClients, listenLive } from '@kakilima/testkit/live-client'
import { queueEngines } from '@kakilima/testkit/redis-per-file'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const adminPassword = 'a password of the admin'

describe.each(queueEngines)('with its queue on $engine', async ({ startEngine }) => {
  const { settings } = await startEngine()
  let shop: Shop
  let api: ReturnType<typeof callerOf>
  let admin: Record<string, string>

  beforeAll(async () => {
    const windows = { PAYMENT_WINDOW_SECONDS: '0', PAYMENT_WINDOW_SECONDS_EWALLET: '2' }
    const env = { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: adminPassword, ...windows, ...settings }
    shop = await startShop({ demo: false, env })
    api = callerOf(shop.urls)
    const { body } = await post('/api/v1/auth/login', { email: 'admin@example.com', password: adminPassword })
    admin = bearer(body.token)
  })

  afterAll(async () => {
    closeLiveClients()
    const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder, ...settings })
    await shop.stop()
    expect(audit.code, audit.output).toBe(0)
  })

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const post = (path: string, body?: unknown, headers?: Record<string, string>) =>
    api.post('gateway', path, body, headers)
  const get = (path: string, headers?: Record<string, string>) => api.get('gateway', path, headers)

  async function newCustomer(name = 'Sari'): Promise<{ headers: Record<string, string>; id: number }> {
    const { body } = await post('/api/v1/auth/guest', { name, phone: '081234567890' })
    return { headers: bearer(body.token), id: body.user.id }
  }

  async function newProduct(stock: number): Promise<number> {
    const { status, body } = await post('/api/v1/products', { name: 'Tas Ransel', price: 150_000, stock }, admin)
    expect(status, JSON.stringify(body)).toBe(201)
    return body.id
  }

  const decided = (path: string, headers: Record<string, string>): Promise<Answer> =>
    waitFor(
      () => get(path, headers),
      ({ status, body }) => {
        // Never 404 after the 202.
        expect(status).toBe(200)
        return body.status !== 'queued'
      },
    )

  test('the whole story: register, sign in, order, hear of it, pay, staff confirm', async () => {
    const registration = { name: 'Budi', email: 'budi@example.com', password: 'rahasia besar', phone: '0812 3456 7891' }
    const registered = await post('/api/v1/auth/register', { ...registration, role: 'admin' })
    expect(registered).toMatchObject({
      status: 201,
      body: { message: 'User registered successfully', user: { role: 'customer' } },
    })
    expect((await post('/api/v1/auth/register', registration)).status).toBe(409)
    const login = await post('/api/v1/auth/login', { email: 'Budi@example.com', password: 'rahasia besar' })
    expect(login.body).toMatchObject({
      token: expect.any(String),
      user: { email: 'budi@example.com', role: 'customer' },
    })
    const headers = bearer(login.body.token)
    expect((await get('/api/v1/me', headers)).body).toMatchObject({ name: 'Budi', role: 'customer' })

    const live = await listenLive(shop.urls.gateway, login.body.token)
    await live.ready()
    const product = await newProduct(15)
    expect((await get('/api/v1/products')).body).toMatchObject([{ id: product, stock: 15 }])
    // What a customer may not decide has no effect.
    const body = { items: [{ product_id: product, quantity: 2, price: 1 }], user_id: 1, status: 'paid', total_price: 1 }
    const accepted = await post('/api/v1/orders', body, headers)
    expect(accepted).toMatchObject({
      status: 202,
      body: { message: 'Order received and is being processed', status: 'queued' },
    })
    expect(accepted.body.status_url).toBe(`/api/v1/orders/${accepted.body.order_id}`)
    const orderId: number = accepted.body.order_id
    const told = await live.hear(orderId, 'awaiting_payment')
    const order = await get(accepted.body.status_url, headers)
    expect(told).toEqual(order.body)
    expect(order.body).toMatchObject({ status: 'awaiting_payment', user_id: login.body.user.id, total_price: 300_000 })

    const payment = await post(`${accepted.body.status_url}/payments`, { payment_method: 'QRIS' }, headers)
    expect(payment).toMatchObject({ status: 201, body: { amount: 300_000, state: 'open' } })
    const paid = await post(`/api/v1/payments/${payment.body.id}/confirm`, undefined, headers)
    expect(paid.body).toMatchObject({ status: true })
    await live.hear(orderId, 'paid')
    expect((await api.put('gateway', `${accepted.body.status_url}/confirm`, undefined, headers)).status).toBe(403)
    const confirmed = await api.put('gateway', `${accepted.body.status_url}/confirm`, undefined, admin)
    expect(confirmed.status, JSON.stringify(confirmed.body)).toBe(200)
    await live.hear(orderId, 'confirmed')
    expect((await get('/api/v1/orders', headers)).body).toMatchObject([
      { id: accepted.body.order_id, status: 'confirmed' },
    ])
    expect((await get(`/api/v1/products/${product}`)).body).toMatchObject({ stock: 13, reserved: 0 })
  })

  test('1,000 parallel requests with one key make one order and get one answer', async () => {
    const product = await newProduct(5000)
    const { headers } = await newCustomer()
    const keyed = { ...headers, 'idempotency-key': 'one attempt' }
    const body = { items: [{ product_id: product, quantity: 1 }] }
    const answers = await Promise.all(Array.from({ length: 1000 }, () => post('/api/v1/orders', body, keyed)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect(new Set(answers.map((answer) => answer.body.order_id)).size).toBe(1)
    await decided(answers[0]!.body.status_url, headers)
    expect((await get('/api/v1/orders', headers)).body).toHaveLength(1)
    // Another body is refused, and another customer's key is another attempt.
    const other = await post('/api/v1/orders', { items: [{ product_id: product, quantity: 2 }] }, keyed)
    expect(other).toMatchObject({
      status: 422,
      body: { type: '/problems/idempotency-key-reused', error: expect.any(String) },
    })
    const stranger = await newCustomer('Ani')
    const theirs = await post('/api/v1/orders', body, { ...stranger.headers, 'idempotency-key': 'one attempt' })
    expect(theirs.body.order_id).not.toBe(answers[0]!.body.order_id)
    await decided(theirs.body.status_url, stranger.headers)
  })

  test('a rejected order says which product lacked how many', async () => {
    const product = await newProduct(3)
    const { headers } = await newCustomer()
    const { body } = await post('/api/v1/orders', { items: [{ product_id: product, quantity: 4 }] }, headers)
    const order = await decided(body.status_url, headers)
    expect(order.body).toMatchObject({
      status: 'rejected',
      shortages: [{ product_id: product, requested: 4, available: 3 }],
    })
  })

  test('what is canceled or not paid in time gives its units back', async () => {
    const product = await newProduct(10)
    const { headers } = await newCustomer()
    const place = async () => {
      const { body } = await post('/api/v1/orders', { items: [{ product_id: product, quantity: 2 }] }, headers)
      await decided(body.status_url, headers)
      return body.status_url
    }
    const canceled = await place()
    expect((await get(`/api/v1/products/${product}`)).body).toMatchObject({ stock: 10, reserved: 2 })
    expect((await post(`${canceled}/cancellation`, undefined, headers)).body).toMatchObject({ status: 'canceled' })
    let late = await place()
    // On a machine that is busy its window has passed before it is chosen: then once more.
    while ((await post(`${late}/payments`, { payment_method: 'EWALLET' }, headers)).status !== 201) {
      await post(`${late}/cancellation`, undefined, headers)
      late = await place()
    }
    await waitFor(
      () => get(late, headers),
      ({ body }) => body.status === 'expired',
    )
    await waitFor(
      () => get(`/api/v1/products/${product}`),
      ({ body }) => body.reserved === 0,
    )
    expect((await get(`/api/v1/products/${product}`)).body).toMatchObject({ stock: 10 })
  })
})
