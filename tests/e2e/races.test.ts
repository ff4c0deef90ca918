import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { type Answer, callerOf, waitFor } from '@kakilima/testkit/call'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let shop: Shop
let api: ReturnType<typeof callerOf>
let buyer: number

beforeAll(async () => {
  const windows = { PAYMENT_WINDOW_SECONDS: '0', PAYMENT_WINDOW_SECONDS_QRIS: '6' }
  shop = await startShop({ demo: false, env: { ...windows, RATE_LIMIT_ADDRESS: '10000' } })
  api = callerOf(shop.urls)
  buyer = (await api.post('user', '/users', { name: 'Sari', phone: '081234567890' })).body.id
})

afterAll(async () => {
  // Whatever the tests above did, the books must be right afterwards.
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  expect(audit.output).toContain('I4')
  expect(audit.code, audit.output).toBe(0)
})

async function newProduct(stock: number): Promise<number> {
  const { body } = await api.post('inventory', '/products', { name: 'Tas Ransel', price: 150_000, stock })
  return body.id
}

async function productOf(id: number): Promise<{ stock: number; reserved: number }> {
  const { body } = await api.get('inventory', `/products/${id}`)
  return { stock: body.stock, reserved: body.reserved }
}

async function placeOrder(productId: number, quantity = 1): Promise<any> {
  const { status, body } = await api.post('order', '/orders', { user_id: buyer, product_id: productId, quantity })
  expect(status, JSON.stringify(body)).toBe(201)
  return body
}

async function openPayment(orderId: number, method: string): Promise<any> {
  const { status, body } = await api.post('payment', '/payments', { order_id: orderId, payment_method: method })
  expect([200, 201], JSON.stringify(body)).toContain(status)
  return body
}

function times<T>(count: number, act: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => act(index)))
}

function statuses(answers: Answer[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

describe('orders', () => {
  test('of 50 buyers the last unit goes to one, and 49 are told that there is none', async () => {
    const product = await newProduct(1)
    const answers = await times(50, () => api.post('order', '/orders', { user_id: buyer, product_id: product }))
    expect(statuses(answers)).toEqual({ 201: 1, 409: 49 })
    for (const { status, body } of answers) {
      if (status === 409) expect(body.detail).toBe('Not enough stock. Available: 0')
    }
    expect(await productOf(product)).toEqual({ stock: 1, reserved: 1 })
  })

  test('two lines of one product count together, so nobody gets more than there is', async () => {
    const product = await newProduct(3)
    const line = { product_id: product, quantity: 2 }
    const tooMany = await api.post('order', '/orders', { user_id: buyer, items: [line, line] })
    expect(tooMany.status).toBe(409)
    expect(tooMany.body.shortages).toEqual([{ product_id: product, requested: 4, available: 3 }])
    expect(await productOf(product)).toEqual({ stock: 3, reserved: 0 })
  })

  test('one idempotency key makes one order, however many ask at once', async () => {
    const product = await newProduct(100)
    const body = { user_id: buyer, product_id: product, quantity: 3 }
    const answers = await times(50, () => api.post('order', '/orders', body, { 'idempotency-key': `race-${product}` }))
    expect(statuses(answers)).toEqual({ 201: 50 })
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
    expect(await productOf(product)).toEqual({ stock: 100, reserved: 3 })
    const changed = { ...body, quantity: 4 }
    const other = await api.post('order', '/orders', changed, { 'idempotency-key': `race-${product}` })
    expect(other.status).toBe(422)
    expect(other.body.type).toBe('/problems/idempotency-key-reused')
  })

  test('50 parallel confirms of one order take its stock once', async () => {
    const product = await newProduct(10)
    const order = await placeOrder(product, 4)
    const payment = await openPayment(order.id, 'CASH')
    await api.post('payment', '/payments/confirm', { payment_id: payment.id })
    const answers = await times(50, () => api.put('order', `/orders/${order.id}/confirm`))
    expect(statuses(answers)).toEqual({ 200: 50 })
    expect(await productOf(product)).toEqual({ stock: 6, reserved: 0 })
    expect((await api.get('order', `/orders/${order.id}`)).body).toMatchObject({ status: 'confirmed', confirmed: true })
  })

  test('confirming and canceling a paid order at once has exactly one outcome', async () => {
    const product = await newProduct(100)
    for (let round = 0; round < 10; round++) {
      const before = await productOf(product)
      const order = await placeOrder(product)
      await api.put('order', `/orders/${order.id}/payment`, { payment_status: true })
      const [confirmed, canceled] = await Promise.all([
        api.put('order', `/orders/${order.id}/confirm`),
        api.post('order', `/orders/${order.id}/cancellation`, { by: 'staff' }),
      ])
      expect(
        [confirmed.status, canceled.status].toSorted((a, b) => a - b),
        `round ${round}`,
      ).toEqual([200, 409])
      const isConfirmed = confirmed.status === 200
      expect(await productOf(product)).toEqual({ stock: before.stock - (isConfirmed ? 1 : 0), reserved: 0 })
      const { body: payments } = await api.get('payment', `/payments?order_id=${order.id}`)
      expect(payments.map((payment: any) => payment.state)).toEqual([isConfirmed ? 'completed' : 'refund_due'])
    }
  })
})

describe('orders at the gateway', () => {
  type Headers = Record<string, string>

  async function newCustomer(): Promise<Headers> {
    const { status, body } = await api.post('gateway', '/api/v1/auth/guest', { name: 'Budi', phone: '081234567890' })
    expect(status, JSON.stringify(body)).toBe(201)
    return { authorization: `Bearer ${body.token}` }
  }

  const order = async (headers: Headers, items: object[]): Promise<string> => {
    const { status, body } = await api.post('gateway', '/api/v1/orders', { items }, headers)
    expect(status, JSON.stringify(body)).toBe(202)
    return body.status_url
  }

  const decided = async (headers: Headers, path: string): Promise<any> => {
    const { body } = await waitFor(
      () => api.get('gateway', path, headers),
      ({ status, body: now }) => {
        expect(status, 'never 404 after the 202').toBe(200)
        return now.status !== 'queued'
      },
    )
    return body
  }

  test('of 300 customers the last unit goes to one, in each of five rounds', async () => {
    const customers = await times(300, newCustomer)
    for (let round = 0; round < 5; round++) {
      const product = await newProduct(1)
      const items = [{ product_id: product, quantity: 1 }]
      const placed = await Promise.all(
        customers.map(async (headers) => ({ headers, path: await order(headers, items) })),
      )
      const orders = await Promise.all(placed.map(({ headers, path }) => decided(headers, path)))
      expect(new Set(orders.map(({ id }) => id)).size).toBe(300)
      const lucky = orders.filter(({ status }) => status === 'awaiting_payment')
      expect(lucky, `round ${round}`).toHaveLength(1)
      for (const { status, shortages } of orders.filter((one) => one !== lucky[0])) {
        expect(status).toBe('rejected')
        expect(shortages).toEqual([{ product_id: product, requested: 1, available: 0 }])
      }
      expect(await productOf(product)).toEqual({ stock: 1, reserved: 1 })
    }
  })

  test('two lines of one product in a cart count together, also when many want it at once', async () => {
    const headers = await newCustomer()
    const product = await newProduct(7)
    const line = { product_id: product, quantity: 2 }
    const paths = await times(20, () => order(headers, [line, line]))
    const orders = await Promise.all(paths.map((path) => decided(headers, path)))
    const reserved = orders.filter(({ status }) => status === 'awaiting_payment')
    expect(reserved).toHaveLength(1)
    expect(reserved[0]).toMatchObject({ quantity: 4, lines: [{ product_id: product, quantity: 4 }] })
    for (const { shortages } of orders.filter((one) => one !== reserved[0]))
      expect(shortages).toEqual([{ product_id: product, requested: 4, available: 3 }])
    expect(await productOf(product)).toEqual({ stock: 7, reserved: 4 })
  })
})

describe('payments', () => {
  test('50 parallel confirms of one payment pay once', async () => {
    const product = await newProduct(10)
    const order = await placeOrder(product)
    const payment = await openPayment(order.id, 'EWALLET')
    const answers = await times(50, () => api.post('payment', '/payments/confirm', { payment_id: payment.id }))
    expect(statuses(answers)).toEqual({ 200: 50 })
    for (const { body } of answers) expect(body).toMatchObject({ id: payment.id, status: true })
    expect(new Set(answers.map((answer) => answer.body.completed_at)).size).toBe(1)
  })

  test('of two payments of one order, confirmed 25 times each at once, one pays', async () => {
    const product = await newProduct(10)
    const order = await placeOrder(product)
    const payments = [await openPayment(order.id, 'EWALLET'), await openPayment(order.id, 'VIRTUAL_ACCOUNT')]
    const answers = await times(50, (index) =>
      api.post('payment', '/payments/confirm', { payment_id: payments[index % 2].id }),
    )
    expect(statuses(answers)).toEqual({ 200: 25, 409: 25 })
    const { body: all } = await api.get('payment', `/payments?order_id=${order.id}`)
    expect(all.map((payment: any) => payment.state).toSorted()).toEqual(['completed', 'voided'])
    const { body: paid } = await api.get('order', `/orders/${order.id}`)
    expect(paid.paid_by_payment_id).toBe(all.find((payment: any) => payment.state === 'completed').id)
  })

  test('asking 50 times at once for a payment of one method opens one', async () => {
    const order = await placeOrder(await newProduct(10))
    const payments = await times(50, () => openPayment(order.id, 'BANK_TRANSFER'))
    expect(new Set(payments.map((payment) => payment.id)).size).toBe(1)
  })

  test('paying against expiry at the deadline, 200 times, has exactly one outcome each', async () => {
    const product = await newProduct(1000)
    const rounds = await times(200, async () => {
      const order = await placeOrder(product)
      const payment = await openPayment(order.id, 'QRIS')
      return { order, payment }
    })
    const outcomes = await Promise.all(
      rounds.map(async ({ order, payment }, index) => {
        // Spread over 100 ms around the deadline: early, late and in between.
        const at = Date.parse(payment.expires_at) - 60 + (index % 100)
        await new Promise((resolve) => setTimeout(resolve, at - Date.now()))
        const { status, body } = await api.post('payment', '/payments/confirm', { payment_id: payment.id })
        if (status !== 200) expect(body).toMatchObject({ status: 409, detail: 'Payment expired' })
        return { id: order.id, isPaid: status === 200 }
      }),
    )
    for (const { id, isPaid } of outcomes) {
      const order = await waitFor(
        async () => (await api.get('order', `/orders/${id}`)).body,
        (body) => body.status !== 'awaiting_payment',
      )
      expect(order.status).toBe(isPaid ? 'paid' : 'expired')
    }
    const paid = outcomes.filter((outcome) => outcome.isPaid).length
    await waitFor(
      () => productOf(product),
      ({ reserved }) => reserved === paid,
    )
  })
})
