import { orderClient } from '@kakilima/contracts/clients'
import type { Order, OrderDetail } from '@kakilima/contracts/order'
import { problem } from '@kakilima/contracts/problems'
import { createNeighbor } from '@kakilima/kit/http-client'
import type { Loop } from '@kakilima/kit/loop'
import { listen } from '@kakilima/kit/server'
import { createPostgresQueue } from '@kakilima/queue/postgres'
import type { Queue } from '@kakilima/queue/queue'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { eventsOf, insertOrder } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type FakeInventory, fakeInventory } from '@kakilima/testkit/fake-inventory'
import {
  type FakePayments,
  fakePaymentHistory,
  fakePayments,
  type FakeUsers,
  fakeUsers,
  unreachable,
} from '@kakilima/testkit/fake-neighbors'
import { sql } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildApp } from './app.ts'
import { paymentWindows, readOrderConfig } from './config.ts'
import type { OrderTables } from './database.ts'
import { createDecisionWaiter } from './intake/await-decision.ts'
import { startOrderWorker } from './intake/worker.ts'
import { findOrder } from './orders/find-order.ts'
import { payOrder } from './orders/pay-order.ts'

const db = await testDatabase<OrderTables>('order', 20)
const logger = silentLogger()
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)
const config = readOrderConfig(
  testEnvironment({ ORDER_DATABASE_URL: 'postgres://unused', PAYMENT_WINDOW_SECONDS_QRIS: '60' }),
)
const windows = paymentWindows(config)

let queue: Queue
let users: FakeUsers
let inventory: FakeInventory
let payments: FakePayments
let worker: Loop | undefined
let app: Awaited<ReturnType<typeof buildApp>>

beforeEach(async () => {
  await sql`truncate orders, outbox, new_orders, parked_orders`.execute(db)
  await sql`
    update new_orders_progress
    set position = nextval('new_orders_positions'), leased_by = null, leased_until = '-infinity'`.execute(db)
  queue = createPostgresQueue(db)
  users = fakeUsers(7, 8)
  inventory = fakeInventory()
  payments = fakePayments((orderId, payment_id) => payOrder(db, orderId, { payment_id, payment_method: 'CASH' }))
  worker = undefined
  app = await createApp(10_000)
})

afterEach(async () => {
  await app.close()
  await worker?.stop()
  await queue.close()
})

function createApp(waitMs: number) {
  const decisions = createDecisionWaiter(db)
  const wakeWorker = () => worker?.wake()
  const neighbors = { users, inventory, payments, paymentHistory: fakePaymentHistory() }
  return buildApp({ config, db, logger, queue, ...neighbors, windows, decisions, wakeWorker, waitMs })
}

function startWorker(): void {
  worker = startOrderWorker({ db, queue, inventory, logger, windowSeconds: windows.standard }, { idleMs: 5 })
}

const post = (payload: object, headers = {}) => app.inject({ method: 'POST', url: '/orders', payload, headers })
const put = (url: string, payload?: object) => app.inject({ method: 'PUT', url, ...(payload && { payload }) })
const get = async <T>(url: string): Promise<T> => (await app.inject(url)).json<T>()

async function count(table: 'orders' | 'new_orders'): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(db)
  return rows[0]!.count
}

describe('placing an order', () => {
  beforeEach(() => startWorker())

  test('answers with the order once its stock is reserved', async () => {
    const answer = await post({ user_id: 7, product_id: 3, quantity: 2, status: 'paid', total_price: 1, role: 'admin' })
    const order = answer.json<Order>()
    expect([answer.statusCode, answer.headers.location]).toEqual([201, `/orders/${order.id}`])
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    expect(order).toEqual({
      id: expect.any(Number),
      user_id: 7,
      product_id: 3,
      quantity: 2,
      total_price: 2000,
      payment_status: false,
      confirmed: false,
      status: 'awaiting_payment',
      payment_method: null,
      expires_at: time,
      paid_at: null,
      confirmed_at: null,
      ended_at: null,
      paid_by_payment_id: null,
      reason: null,
      shortages: [],
      version: 1,
      created_at: time,
      updated_at: time,
      lines: [{ product_id: 3, name: 'Product 3', unit_price: 1000, quantity: 2 }],
    })
    expect(await get(`/orders/${order.id}`)).toEqual(order)
    expect(await eventsOf(db, order.id)).toEqual(['order.placed 1'])
  })

  test('with items counts the same product together', async () => {
    const items = [
      { product_id: 3, quantity: 2 },
      { product_id: 4, quantity: 1 },
      { product_id: 3, quantity: 5 },
    ]
    expect((await post({ user_id: 7, items })).json()).toMatchObject({
      product_id: 3,
      quantity: 8,
      total_price: 8000,
      lines: [
        { product_id: 3, quantity: 7 },
        { product_id: 4, quantity: 1 },
      ],
    })
  })

  test('of one unit needs no quantity', async () => {
    expect((await post({ user_id: 7, product_id: 3 })).json()).toMatchObject({ quantity: 1, total_price: 1000 })
  })

  test.each([
    ['no product', {}],
    ['no items', { items: [] }],
    ['a hundred and one lines', { items: range(101).map((product_id) => ({ product_id, quantity: 1 })) }],
    ['no units', { product_id: 3, quantity: 0 }],
    ['a negative quantity', { product_id: 3, quantity: -1 }],
    ['half a unit', { product_id: 3, quantity: 1.5 }],
    ['a quantity that is text', { product_id: 3, quantity: '1' }],
    ['a quantity in an array', { product_id: 3, quantity: [1] }],
    ['too many units', { product_id: 3, quantity: 1001 }],
    [
      'too many units on two lines',
      {
        items: [
          { product_id: 3, quantity: 600 },
          { product_id: 3, quantity: 600 },
        ],
      },
    ],
    ['a product id beyond exact integers', { product_id: 2 ** 53 }],
    ['a user id of nobody', { user_id: 0, product_id: 3 }],
  ])('with %s is 422 and leaves nothing in the queue', async (_, body) => {
    const answer = await post({ user_id: 7, ...body })
    expect([answer.statusCode, answer.json().type]).toEqual([422, '/problems/invalid-input'])
    expect(await count('new_orders')).toBe(0)
  })

  test('of nobody is 404 and leaves nothing in the queue', async () => {
    const answer = await post({ user_id: 99, product_id: 3 })
    expect([answer.statusCode, answer.json().detail]).toEqual([404, 'User not found'])
    expect(await count('new_orders')).toBe(0)
  })

  test('while the user service is away is 503 and leaves nothing in the queue', async () => {
    users.refuse = () => {
      throw unreachable('user')
    }
    const answer = await post({ user_id: 7, product_id: 3 })
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '1'])
    expect(await count('new_orders')).toBe(0)
  })

  test.each([
    ['product-not-found', 404, 'product-not-found', 'Product not found'],
    ['insufficient-stock', 409, 'insufficient-stock', 'Not enough stock. Available: 1'],
    ['total-too-large', 422, 'invalid-input', 'The total of the order is too large'],
    ['rejected-by-staff', 409, 'order-state', 'The order was rejected'],
  ] as const)(
    'that is rejected with %s is answered %i, and the order tells why',
    async (reason, status, type, detail) => {
      const shortages = reason === 'insufficient-stock' ? [{ product_id: 3, requested: 2, available: 1 }] : []
      inventory.decide = async (orders) =>
        orders.map(({ order_id, lines }) => ({
          order_id,
          state: 'rejected',
          reason,
          shortages,
          lines: lines.map((line) => ({ ...line, name: 'Kopi', unit_price: 1000 })),
        }))
      const answer = await post({ user_id: 7, product_id: 3, quantity: 2 })
      expect(answer.statusCode).toBe(status)
      const { order_id, ...body } = answer.json()
      expect(body).toMatchObject({ type: `/problems/${type}`, detail, shortages })
      expect(await get(`/orders/${order_id}`)).toMatchObject({ status: 'rejected', reason, total_price: 0, shortages })
      expect(await eventsOf(db, order_id)).toEqual(['order.rejected 1'])
    },
  )

  test('twenty times at once under one key is one order, and all get it', async () => {
    const headers = { 'idempotency-key': 'cart 1' }
    const answers = await Promise.all(range(20).map(() => post({ user_id: 7, product_id: 3 }, headers)))
    expect(new Set(answers.map((answer) => answer.statusCode))).toEqual(new Set([201]))
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1)
    expect([await count('orders'), await count('new_orders')]).toEqual([1, 1])
    const other = await post({ user_id: 8, product_id: 3 }, headers)
    expect(other.json().id).not.toBe(answers[0]!.json().id)
    const changed = await post({ user_id: 7, product_id: 3, quantity: 2 }, headers)
    expect([changed.statusCode, changed.json().type]).toEqual([422, '/problems/idempotency-key-reused'])
    expect(await count('orders')).toBe(2)
  })

  test('a hundred buyers at once each get their own order', async () => {
    const answers = await Promise.all(range(100).map((n) => post({ user_id: 7, product_id: n })))
    expect(answers.map((answer) => answer.json().product_id)).toEqual(range(100))
    expect(await count('orders')).toBe(100)
  })
})

describe('an order that is not decided in time', () => {
  test('is 503 with its address, stands, and is decided when the worker is back', async () => {
    await app.close()
    app = await createApp(30)
    const answer = await post({ user_id: 7, items: [{ product_id: 3, quantity: 2 }] })
    expect(answer.statusCode).toBe(503)
    const { order_id, type } = answer.json()
    expect(type).toBe('/problems/decision-pending')
    expect(answer.headers).toMatchObject({ location: `/orders/${order_id}`, 'retry-after': '1' })
    expect(await get(`/orders/${order_id}`)).toMatchObject({
      id: order_id,
      status: 'queued',
      delayed: false,
      quantity: 2,
      total_price: 0,
      version: 0,
      lines: [{ product_id: 3, name: '', unit_price: 0, quantity: 2 }],
    })
    expect(await get<OrderDetail>(`/orders/${order_id}/detail`)).toMatchObject({ user: { name: 'Customer 7' } })
    for (const [method, url, body, status] of [
      ['PUT', `/orders/${order_id}/payment-method`, { payment_method: 'CASH' }, 409],
      ['PUT', `/orders/${order_id}/confirm`, undefined, 404],
      ['POST', `/orders/${order_id}/cancellation`, { by: 'customer' }, 404],
    ] as const) {
      const early = await app.inject({ method, url, ...(body && { payload: body }) })
      expect(early.statusCode).toBe(status)
    }
    startWorker()
    await eventually(async () => expect(await get(`/orders/${order_id}`)).toMatchObject({ status: 'awaiting_payment' }))
  })

  test('is found at every moment while it is being decided', async () => {
    startWorker()
    await Promise.all(
      range(40).map(async () => {
        const id = await queue.append({ userId: 7, lines: [{ product_id: 1, quantity: 1 }], idempotencyKey: null })
        const seen: string[] = []
        while (seen.at(-1) !== 'awaiting_payment') seen.push((await findOrder(db, queue, id)).status)
        expect(new Set(seen.slice(0, -1)).has('rejected')).toBe(false)
      }),
    )
    expect(await count('orders')).toBe(40)
  })

  test('is found though it was decided, and forgotten by the queue, while it was looked for', async () => {
    const forgetful: Queue = {
      ...queue,
      find: async (id) => {
        await insertOrder(db, id)
        return undefined
      },
    }
    expect(await findOrder(db, forgetful, 5)).toMatchObject({ id: 5, status: 'awaiting_payment' })
  })

  test('shows that it is delayed when it was set aside, which staff can see and end', async () => {
    const id = await queue.append({ userId: 7, lines: [{ product_id: 1, quantity: 1 }], idempotencyKey: null })
    await queue.park((await queue.take(1))[0]!, 'it cannot be decided')
    expect(await get(`/orders/${id}`)).toMatchObject({ status: 'queued', delayed: true })
    expect(await get('/parked-orders')).toMatchObject([{ order_id: id, reason: 'it cannot be decided' }])
    const act = (verb: string, orderId = id) => app.inject({ method: 'POST', url: `/parked-orders/${orderId}/${verb}` })
    expect((await act('replay', id + 1)).statusCode).toBe(404)
    expect((await act('replay')).statusCode).toBe(200)
    expect(await get('/parked-orders')).toEqual([])
    await queue.park((await queue.take(1))[0]!, 'it still cannot be decided')
    expect((await act('rejection')).json()).toEqual({ message: 'The order is rejected' })
    expect((await act('rejection')).statusCode).toBe(404)
    const rejected = await get<Order>(`/orders/${id}`)
    expect(rejected).toMatchObject({ status: 'rejected', reason: 'rejected-by-staff' })
    expect(rejected.delayed).toBeUndefined()
  })

  test.each(['', '/detail'])('that nobody placed is 404 at /orders/{id}%s', async (path) => {
    const answer = await app.inject(`/orders/99${path}`)
    expect([answer.statusCode, answer.json().detail]).toEqual([404, 'Order not found'])
  })
})

describe('lists', () => {
  beforeEach(async () => {
    await insertOrder(db, 1, { status: 'paid' })
    await insertOrder(db, 2, { user_id: 8 })
    await insertOrder(db, 3, { status: 'rejected' })
    await insertOrder(db, 4, { status: 'confirming' })
    await insertOrder(db, 5, { status: 'confirmed', user_id: 8 })
    await insertOrder(db, 6, { status: 'canceled' })
  })

  async function page(url: string) {
    const answer = await app.inject(url)
    expect(answer.statusCode).toBe(200)
    return { ids: answer.json<{ id: number }[]>().map((order) => order.id), link: answer.headers.link }
  }

  test('hold decided orders in ascending id, filtered, in pages that name the next one', async () => {
    expect(await page('/orders')).toEqual({ ids: [1, 2, 3, 4, 5, 6], link: undefined })
    expect((await page('/orders?status=paid')).ids).toEqual([1])
    expect((await page('/orders?user_id=8')).ids).toEqual([2, 5])
    expect(await page('/orders?user_id=7&limit=2')).toEqual({
      ids: [1, 3],
      link: '</orders?user_id=7&limit=2&after=3>; rel="next"',
    })
    expect(await page('/orders?user_id=7&limit=2&after=3')).toEqual({ ids: [4, 6], link: undefined })
    expect((await app.inject('/orders?status=queued')).statusCode).toBe(422)
    expect((await app.inject('/orders?limit=0')).statusCode).toBe(422)
  })

  test('say of each order whether it is paid and confirmed', async () => {
    const orders = await get<Order[]>('/orders')
    expect(orders.map((order) => [order.status, order.payment_status, order.confirmed])).toEqual([
      ['paid', true, false],
      ['awaiting_payment', false, false],
      ['rejected', false, false],
      ['confirming', true, false],
      ['confirmed', true, true],
      ['canceled', false, false],
    ])
    for (const order of orders) expect(Object.keys(order)).not.toContain('idempotency_key')
  })

  test('of a customer hold details, and are empty for a customer without orders', async () => {
    const details = await get<OrderDetail[]>('/orders/user/8')
    expect(details.map((detail) => [detail.id, detail.user.name, detail.product.name])).toEqual([
      [2, 'Customer 8', 'Kopi susu'],
      [5, 'Customer 8', 'Kopi susu'],
    ])
    expect(await get('/orders/user/99')).toEqual([])
  })

  test('of what waits for staff say COMPLETED, oldest first', async () => {
    const orders =
      await get<{ id: number; payment_status: string; user: object; product: object }[]>('/orders/unconfirmed/list')
    expect(orders).toMatchObject([
      { id: 1, payment_status: 'COMPLETED', user: { name: 'Customer 7' }, product: { price: 1000 } },
      { id: 4, payment_status: 'COMPLETED' },
    ])
  })

  test('are shown while the neighbours are away', async () => {
    const refuse = () => {
      throw unreachable('neighbour')
    }
    users.refuse = refuse
    inventory.refuse = refuse
    expect(await get('/orders/unconfirmed/list')).toMatchObject([{ id: 1, user: { id: 7 } }, { id: 4 }])
    expect(await get('/orders/1/detail')).toMatchObject({ user: { id: 7 }, product: { id: 1, name: 'Kopi susu' } })
  })
})

describe('an old admin page', () => {
  test('marks an order as paid with a cash payment of its own, once, and confirms it', async () => {
    await insertOrder(db, 1)
    const unpaid = await put('/orders/1/confirm')
    expect([unpaid.statusCode, unpaid.json().detail]).toEqual([409, 'Order not paid yet'])
    for (const _ of range(2)) {
      const answer = await put('/orders/1/payment', { payment_status: true })
      expect([answer.statusCode, answer.json()]).toEqual([200, { message: 'Payment status updated successfully' }])
    }
    expect(payments.opened).toEqual([{ orderId: 1, method: 'CASH' }])
    expect(await get('/orders/1')).toMatchObject({ status: 'paid', payment_status: true, paid_by_payment_id: 1 })
    await inventory.decide([{ order_id: 1, lines: [{ product_id: 1, quantity: 2 }] }])
    for (const _ of range(2)) {
      expect((await put('/orders/1/confirm')).json()).toEqual({ message: 'Order confirmed successfully' })
    }
    expect(await get('/orders/1')).toMatchObject({ status: 'confirmed', confirmed: true, version: 4 })
  })

  test('cannot make a paid order unpaid, and may say of an unpaid one that it is', async () => {
    await insertOrder(db, 1, { status: 'paid' })
    await insertOrder(db, 2)
    const answer = await put('/orders/1/payment', { payment_status: false })
    expect([answer.statusCode, answer.json().type]).toEqual([409, '/problems/order-state'])
    expect((await put('/orders/2/payment', { payment_status: false })).statusCode).toBe(200)
    expect((await put('/orders/99/payment', { payment_status: true })).json().detail).toBe('Order not found')
    expect((await put('/orders/2/payment', { payment_status: 'COMPLETED' })).statusCode).toBe(422)
    expect(payments.opened).toEqual([])
  })

  test('is told what the payment service says where the order cannot be paid', async () => {
    await insertOrder(db, 1, { status: 'expired' })
    payments.refuse = () => {
      throw problem('payment-expired', 'Payment expired')
    }
    const answer = await put('/orders/1/payment', { payment_status: true })
    expect([answer.statusCode, answer.json().detail]).toEqual([409, 'Payment expired'])
  })
})

describe('the payment service', () => {
  test('chooses a method, whose deadline the order then has, and lets a payment pay', async () => {
    await insertOrder(db, 1, { expiresInMs: 10_000 })
    const chosen = (await put('/orders/1/payment-method', { payment_method: 'QRIS' })).json<Order>()
    expect(chosen.payment_method).toBe('QRIS')
    expect(Date.parse(chosen.expires_at!)).toBeGreaterThan(Date.parse(chosen.created_at) + 50_000)
    const payload = { payment_id: 5, payment_method: 'QRIS' }
    const answer = await app.inject({ method: 'POST', url: '/orders/1/payments', payload })
    expect(answer.json()).toEqual({ order_id: 1, status: 'paid', paid_by_payment_id: 5, deadline_passed: false })
    expect((await put('/orders/1/payment-method', { payment_method: 'CASH' })).json().detail).toBe(
      'Payment for this order already exists',
    )
    expect((await put('/orders/1/payment-method', { payment_method: 'BARTER' })).statusCode).toBe(422)
  })
})

describe('a cancellation', () => {
  test('is for customers what is not paid yet, and for staff also what is paid', async () => {
    await insertOrder(db, 1, { status: 'paid' })
    const cancel = (by: string) => app.inject({ method: 'POST', url: '/orders/1/cancellation', payload: { by } })
    const refused = await cancel('customer')
    expect([refused.statusCode, refused.json().detail]).toEqual([409, 'The order is paid and cannot be canceled'])
    expect((await cancel('admin')).statusCode).toBe(422)
    expect((await cancel('staff')).json()).toMatchObject({
      id: 1,
      status: 'canceled',
      payment_status: false,
      version: 2,
    })
    expect(payments.outcomes).toEqual([{ order_id: 1, outcome: 'canceled', paid_by_payment_id: 1 }])
  })
})

describe('the life of many orders at once', () => {
  test('every change of status has exactly one event, and versions follow each other', async () => {
    startWorker()
    const placed = await Promise.all(range(60).map((n) => post({ user_id: 7, product_id: n })))
    const ids = placed.map((answer) => answer.json<Order>().id)
    const confirm = (id: number) => put(`/orders/${id}/confirm`)
    const cancel = (id: number, by: string) =>
      app.inject({ method: 'POST', url: `/orders/${id}/cancellation`, payload: { by } })
    const pay = (id: number) => put(`/orders/${id}/payment`, { payment_status: true })
    await Promise.all(
      ids.flatMap((id, n) => {
        const verbs = [
          () => pay(id),
          () => cancel(id, 'customer'),
          () => pay(id).then(() => confirm(id)),
          () => cancel(id, 'staff'),
        ]
        return [verbs[n % 4]!(), verbs[(n >> 2) % 4]!(), verbs[(n >> 4) % 4]!()]
      }),
    )
    const ends = new Set<string>()
    for (const id of ids) {
      const { status, version } = await get<Order>(`/orders/${id}`)
      const events = await eventsOf(db, id)
      expect(events[0]).toBe('order.placed 1')
      expect(events.at(-1)).toBe(status === 'awaiting_payment' ? 'order.placed 1' : `order.${status} ${version}`)
      expect(events.map((event) => Number(event.split(' ')[1]))).toEqual(range(version))
      const held = { paid: 'reserved', confirmed: 'consumed', canceled: 'released' }[status as string]
      expect(inventory.decisions.get(id)!.state).toBe(held)
      ends.add(status)
    }
    expect(ends.size).toBeGreaterThan(1)
  })
})

/** The service as its neighbours see it. */
async function overTheNetwork(use: (client: ReturnType<typeof orderClient>) => Promise<void>): Promise<void> {
  const port = await listen(app, config)
  const neighbor = createNeighbor({ name: 'order', url: `http://127.0.0.1:${port}`, token: undefined })
  try {
    await use(orderClient(neighbor.call))
  } finally {
    await neighbor.close()
  }
}

test('its neighbours ask whether a payment may pay over the network', async () => {
  await insertOrder(db, 1, { expiresInMs: 10_000 })
  await overTheNetwork(async (orders) => {
    expect(await orders.get(1)).toMatchObject({ id: 1, status: 'awaiting_payment', lines: [{ name: 'Kopi susu' }] })
    expect(await orders.choosePaymentMethod(1, 'QRIS', 'customer')).toMatchObject({ payment_method: 'QRIS' })
    const paid = { order_id: 1, status: 'paid', paid_by_payment_id: 5, deadline_passed: false }
    expect([await orders.pay(1, 5, 'QRIS'), await orders.pay(1, 6, 'CASH')]).toEqual([paid, paid])
    await expect(orders.choosePaymentMethod(1, 'CASH', 'customer')).rejects.toMatchObject({
      type: 'payment-exists',
      message: 'Payment for this order already exists',
    })
    await expect(orders.get(99)).rejects.toMatchObject({ type: 'order-not-found', message: 'Order not found' })
  })
})
