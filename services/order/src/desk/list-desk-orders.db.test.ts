import type { DeskOrderQuery } from '@kakilima/contracts/order/desk'
import { paymentMethods } from '@kakilima/contracts/payment'
import { createPostgresQueue } from '@kakilima/queue/postgres'
import { silentLogger } from '@kakilima/testkit/app'
import { insertOrder } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { fakeUsers, unreachable } from '@kakilima/testkit/fake-neighbors'
import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import type { OrderTables } from '../database.ts'
import { listDeskOrders } from './list-desk-orders.ts'
import { toQueuedBody } from '@kakilima/queue/order-body'

const db = await testDatabase<OrderTables>('order')
const queue = createPostgresQueue(db)
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)
const statuses = ['awaiting_payment', 'paid', 'confirming', 'confirmed', 'expired', 'canceled', 'rejected']
const placedAt = (id: number) => new Date(Date.UTC(2026, 10, 1, id)).toISOString()
const orders = range(120).map((id) => ({
  id,
  status: statuses[id % 7]!,
  user_id: 1 + (id % 3),
  payment_method: id % 4 === 0 ? null : paymentMethods[id % 5]!,
  created_at: placedAt(id),
}))
let users: ReturnType<typeof fakeUsers>

beforeEach(async () => {
  await sql`truncate orders, outbox, new_orders`.execute(db)
  for (const { id, ...order } of orders) await insertOrder(db, id, order)
  users = fakeUsers(1, 2, 3)
})

function list(query: DeskOrderQuery) {
  return listDeskOrders({ db, queue, users, logger: silentLogger() }, query)
}

/** The ids on all pages, as a page after the other is asked for. */
async function idsOf(query: DeskOrderQuery): Promise<number[]> {
  const ids: number[] = []
  for (;;) {
    const last = ids.at(-1)
    const from = last === undefined ? {} : query.sort === 'oldest' ? { after: last } : { before: last }
    const { rows, hasMore } = await list({ limit: 7, ...query, ...from })
    ids.push(...rows.map((order) => order.id))
    if (!hasMore) return ids
    expect(rows).toHaveLength(7)
  }
}

const wanted = (fits: (order: (typeof orders)[number]) => boolean) => orders.filter(fits).map((order) => order.id)

describe.each(['newest', 'oldest'] as const)('%s first', (sort) => {
  test.each<[string, DeskOrderQuery, (order: (typeof orders)[number]) => boolean]>([
    ['all', {}, () => true],
    ['a status', { status: 'canceled' }, ({ status }) => status === 'canceled'],
    ['two statuses', { status: 'paid,confirming' }, ({ status }) => status === 'paid' || status === 'confirming'],
    ['a method', { payment_method: 'QRIS' }, ({ payment_method }) => payment_method === 'QRIS'],
    ['times', { placed_from: placedAt(30), placed_to: placedAt(55) }, ({ id }) => id >= 30 && id < 55],
    [
      'a customer and a status',
      { user_id: 2, status: 'paid' },
      (order) => order.user_id === 2 && order.status === 'paid',
    ],
    ['a name', { search: 'customer 3' }, ({ user_id }) => user_id === 3],
    [
      'a name and a method',
      { search: 'R 3', payment_method: 'CASH' },
      (o) => o.user_id === 3 && o.payment_method === 'CASH',
    ],
    ['a number', { search: ' 42 ' }, ({ id }) => id === 42],
    ['a number in writing', { search: '#42' }, ({ id }) => id === 42],
    ['a number that may be a name', { search: '3' }, ({ id, user_id }) => id === 3 || user_id === 3],
    ['no text', { search: '  ' }, () => true],
    ['a name that nobody has', { search: 'Budi' }, () => false],
    ['a number beyond all', { search: '999999999999999' }, () => false],
    ['times of nothing', { placed_from: placedAt(55), placed_to: placedAt(30) }, () => false],
  ])('by %s', async (_name, query, fits) => {
    const ids = wanted(fits)
    expect(await idsOf({ ...query, sort })).toEqual(sort === 'newest' ? ids.toReversed() : ids)
  })
})

test('each order has its customer, asked for once', async () => {
  let asked = 0
  users.refuse = () => void asked++
  const { rows } = await list({ limit: 20 })
  expect(asked).toBe(1)
  for (const { user_id, customer } of rows)
    expect(customer).toEqual({ id: user_id, name: `Customer ${user_id}`, phone: '081234567890', email: null })
})

test('a queued order is in the list of its customer, and in no other', async () => {
  await sql`select setval('order_ids', 1000)`.execute(db)
  const orderId = await queue.append({
    userId: 2,
    body: toQueuedBody({ lines: [{ product_id: 1, quantity: 1 }] }),
    idempotencyKey: null,
  })
  expect((await list({ user_id: 2, limit: 1 })).rows).toMatchObject([
    { id: orderId, status: 'queued', customer: { id: 2 } },
  ])
  expect(await idsOf({ user_id: 2, status: 'paid' })).not.toContain(orderId)
  expect(await idsOf({})).not.toContain(orderId)
})

describe('while the user service is away', () => {
  beforeEach(() => {
    users.refuse = () => {
      throw unreachable('user')
    }
  })

  test('orders are shown without customers', async () => {
    const { rows } = await list({ status: 'paid', limit: 5 })
    expect(rows.map(({ customer }) => customer)).toEqual(Array(5).fill(null))
  })

  test('a search says so: an empty list would look as if there were none', async () => {
    await expect(list({ search: 'Customer' })).rejects.toMatchObject({ type: 'neighbor-unavailable' })
  })
})

test('what is rare is found behind ten thousand others, and nothing twice', async () => {
  await sql`truncate orders`.execute(db)
  await sql`
    insert into orders (id, user_id, status, lines, quantity, total_price, reason, created_at)
    select id, 1, case when id % 4000 = 1 then 'canceled' else 'rejected' end,
      '[{"product_id": 1, "name": "Kopi susu", "unit_price": 1000, "quantity": 1}]', 1, 1000, 'insufficient-stock',
      '2026-11-01'::timestamptz + id * interval '1 minute'
    from generate_series(1, 25000) as id`.execute(db)
  const rare = [1, 4001, 8001, 12_001, 16_001, 20_001, 24_001]
  expect(await idsOf({ status: 'canceled' })).toEqual(rare.toReversed())
  expect(await idsOf({ status: 'canceled', sort: 'oldest' })).toEqual(rare)
  expect((await list({ limit: 3 })).rows.map((order) => order.id)).toEqual([25_000, 24_999, 24_998])
})
