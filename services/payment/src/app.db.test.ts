import { paymentClient } from '@kakilima/contracts/clients'
import type { Payment } from '@kakilima/contracts/payment'
import { createNeighbor } from '@kakilima/kit/http-client'
import { listen } from '@kakilima/kit/server'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { unreachable } from '@kakilima/testkit/fake-neighbors'
import { fakeOrders } from '@kakilima/testkit/fake-orders'
import { sql } from 'kysely'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { buildApp } from './app.ts'
import { readPaymentConfig } from './config.ts'
import type { PaymentTables } from './database.ts'
import { providers } from './providers/providers.ts'

const db = await testDatabase<PaymentTables>('payment')
const config = readPaymentConfig(testEnvironment({ PAYMENT_DATABASE_URL: 'postgres://unused' }))
const orders = fakeOrders()
const app = await buildApp({ config, db, logger: silentLogger(), orders, provider: providers.simulator })
afterAll(() => app.close())

beforeEach(async () => {
  await sql`truncate payments, outbox restart identity`.execute(db)
  orders.orders.clear()
  orders.refuse = () => undefined
  for (const id of [1, 2, 3]) orders.add(id)
})

const post = (url: string, payload: object) => app.inject({ method: 'POST', url, payload })
const open = (order_id: number, payment_method = 'CASH') => post('/payments', { order_id, payment_method })
const confirm = (payment_id: number) => post('/payments/confirm', { payment_id })

test('a payment is opened, opened again, confirmed and confirmed again', async () => {
  const opened = await post('/payments', { order_id: 1, amount: 1, status: true, state: 'completed' })
  expect([opened.statusCode, opened.headers.location]).toEqual([201, '/payments/1'])
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  expect(opened.json()).toEqual({
    id: 1,
    order_id: 1,
    user_id: 7,
    amount: 5000,
    payment_method: 'CASH',
    status: false,
    state: 'open',
    reason: null,
    provider: 'simulator',
    receipt: null,
    reference: 'SIM-CASH-1-5000',
    refund_reference: null,
    version: 1,
    created_at: time,
    completed_at: null,
    refund_due_at: null,
    refunded_at: null,
    expires_at: '2030-01-01T00:00:00.000Z',
  })
  const again = await open(1)
  expect([again.statusCode, again.json()]).toEqual([200, opened.json()])

  const confirmed = await confirm(1)
  expect([confirmed.statusCode, confirmed.json()]).toEqual([
    200,
    { ...opened.json(), status: true, state: 'completed', completed_at: time, version: 2 },
  ])
  expect(orders.orders.get(1)!.status).toBe('paid')
  expect((await confirm(1)).json()).toEqual(confirmed.json())
  expect((await app.inject('/payments/1')).json()).toEqual(confirmed.json())
})

test('a payment whose order was canceled says so, and not that it was paid', async () => {
  await open(1)
  orders.orders.get(1)!.status = 'canceled'
  const answer = await confirm(1)
  expect([answer.statusCode, answer.json().detail]).toEqual([409, 'The order is canceled and cannot be paid'])
})

test('failures have the texts that old clients show', async () => {
  await open(1)
  await confirm(1)
  orders.orders.get(2)!.status = 'expired'
  await open(3)
  orders.orders.get(3)!.isLate = true
  const answers = [await open(1), await open(2), await open(99), await confirm(2), await confirm(99)]
  answers.push(await app.inject('/payments/99'))
  expect(answers.map((answer) => [answer.statusCode, answer.json().detail])).toEqual([
    [409, 'Payment for this order already exists'],
    [409, 'Payment expired'],
    [404, 'Order not found'],
    [409, 'Payment expired'],
    [404, 'Payment not found'],
    [404, 'Payment not found'],
  ])
})

test('the completed payment of an order is told, and null where there is none', async () => {
  await open(1)
  for (const url of ['/payments/order/1', '/payments/order/99']) {
    const none = await app.inject(url)
    expect([none.statusCode, none.body]).toEqual([200, 'null'])
    expect(none.headers['content-type']).toMatch(/^application\/json/)
  }
  await open(1, 'QRIS')
  await confirm(2)
  expect((await app.inject('/payments/order/1')).json()).toMatchObject({ id: 2, status: true, payment_method: 'QRIS' })
})

test('lists are filtered and come in pages that name the next one', async () => {
  await open(1)
  await open(1, 'QRIS')
  await open(2)
  await confirm(3)
  const page = async (url: string) => {
    const answer = await app.inject(url)
    return { ids: answer.json<Payment[]>().map((payment) => payment.id), link: answer.headers.link }
  }
  expect(await page('/payments')).toEqual({ ids: [1, 2, 3], link: undefined })
  expect((await page('/payments?order_id=1')).ids).toEqual([1, 2])
  expect((await page('/payments?state=completed')).ids).toEqual([3])
  expect(await page('/payments?limit=1&order_id=1')).toEqual({
    ids: [1],
    link: '</payments?limit=1&order_id=1&after=1>; rel="next"',
  })
  expect(await page('/payments?limit=1&order_id=1&after=1')).toEqual({ ids: [2], link: undefined })
})

test('outcomes, receipts and refunds come over HTTP', async () => {
  await open(1)
  orders.orders.get(1)!.status = 'expired'
  const outcome = { order_id: 1, outcome: 'expired', paid_by_payment_id: null }
  const told = await post('/payments/outcomes', { orders: [outcome] })
  expect([told.statusCode, told.json()]).toEqual([200, {}])
  const received = await post('/payments/1/receipt', { reference: ' BCA 1 ' })
  expect(received.json()).toMatchObject({
    state: 'refund_due',
    status: false,
    receipt: 'BCA 1',
    reason: 'paid-too-late',
  })
  expect((await post('/payments/1/refund', { reference: 'BCA 2' })).json()).toMatchObject({
    state: 'refunded',
    refund_reference: 'BCA 2',
  })
  expect((await post('/payments/1/refund', { reference: 'BCA 3' })).statusCode).toBe(409)
})

test.each([
  ['/payments', {}],
  ['/payments', { order_id: '1' }],
  ['/payments', { order_id: 0 }],
  ['/payments', { order_id: 1, payment_method: 'cash' }],
  ['/payments/confirm', {}],
  ['/payments/confirm', { payment_id: 1.5 }],
  ['/payments/1/refund', {}],
  ['/payments/1/refund', { reference: '' }],
  ['/payments/1/refund', { reference: '   ' }],
  ['/payments/1/refund', { reference: 'a\0b' }],
  ['/payments/1/receipt', { reference: '  ' }],
  ['/payments/1/receipt', { reference: 'x'.repeat(201) }],
  ['/payments/x/receipt', { reference: 'BCA 1' }],
  ['/payments/outcomes', { orders: [] }],
  ['/payments/outcomes', { orders: [{ order_id: 1, outcome: 'lost', paid_by_payment_id: null }] }],
])('POST %s %j is 422', async (url, payload) => {
  const answer = await post(url, payload)
  expect([answer.statusCode, answer.json().type]).toEqual([422, '/problems/invalid-input'])
})

test('without the order service a payment is 503 and may be tried again', async () => {
  orders.refuse = () => {
    throw unreachable('order')
  }
  const answer = await open(1)
  expect([answer.statusCode, answer.headers['retry-after'], answer.json().type]).toEqual([
    503,
    '1',
    '/problems/neighbor-unavailable',
  ])
})

/** The service as its neighbours see it. */
async function overTheNetwork(use: (client: ReturnType<typeof paymentClient>) => Promise<void>): Promise<void> {
  const port = await listen(app, config)
  const neighbor = createNeighbor({ name: 'payment', url: `http://127.0.0.1:${port}`, token: undefined })
  try {
    await use(paymentClient(neighbor.call))
  } finally {
    await neighbor.close()
  }
}

test('its neighbours open, confirm and settle payments over the network', async () => {
  await overTheNetwork(async (payments) => {
    const opened = await payments.open(1, 'CASH', 'customer')
    expect(await payments.open(1, 'CASH', 'customer')).toEqual(opened)
    expect(await payments.confirm(opened.id, 'customer')).toMatchObject({ id: opened.id, status: true })
    expect(await payments.settle([{ order_id: 1, outcome: 'canceled', paid_by_payment_id: opened.id }])).toEqual({})
    await expect(payments.confirm(opened.id, 'customer')).rejects.toMatchObject({ type: 'payment-state' })
    await expect(payments.open(99, 'CASH', 'customer')).rejects.toMatchObject({
      type: 'order-not-found',
      message: 'Order not found',
    })
  })
})
