import { createPostgresQueue } from '@kakilima/queue/postgres'
import { eventsOf, insertOrder } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { fakeInventory } from '@kakilima/testkit/fake-inventory'
import { fakePayments } from '@kakilima/testkit/fake-neighbors'
import { sql } from 'kysely'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { PaymentWindows } from '../config.ts'
import type { OrderTables } from '../database.ts'
import { choosePaymentMethod } from './choose-payment-method.ts'
import { expireOrders } from './expire-orders.ts'
import { toQueuedBody } from '@kakilima/queue/order-body'

const db = await testDatabase<OrderTables>('order', 20)
const queue = createPostgresQueue(db)
afterAll(() => queue.close())
const windows: PaymentWindows = {
  standard: 10,
  CASH: 60,
  QRIS: 2.5,
  EWALLET: 10,
  VIRTUAL_ACCOUNT: 86_400,
  BANK_TRANSFER: 0,
}
const deps = { db, queue, windows }

beforeEach(async () => {
  await sql`truncate orders, outbox`.execute(db)
})

/** Stores an order that was reserved that long ago, with the standard deadline. */
async function insert(id: number, reservedSecondsAgo = 0): Promise<void> {
  await insertOrder(db, id, { expiresInMs: 0 })
  await sql`
    update orders set reserved_at = clock_timestamp() - ${reservedSecondsAgo}::float8 * interval '1 second' where id = ${id}`.execute(
    db,
  )
  await sql`update orders set expires_at = reserved_at + interval '10 seconds' where id = ${id}`.execute(db)
}

async function rowOf(id: number) {
  return db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

async function windowOf(id: number): Promise<number | null> {
  const { rows } = await sql<{ seconds: number | null }>`
    select extract(epoch from expires_at - reserved_at)::float8 as seconds from orders where id = ${id}`.execute(db)
  return rows[0]!.seconds
}

test.each([
  ['CASH', 60],
  ['QRIS', 2.5],
  ['EWALLET', 10],
  ['VIRTUAL_ACCOUNT', 86_400],
  ['BANK_TRANSFER', null],
] as const)('%s has its own deadline, %s seconds after the reservation', async (method, seconds) => {
  await insert(1)
  expect(await choosePaymentMethod(deps, 1, method)).toMatchObject({
    payment_method: method,
    status: 'awaiting_payment',
  })
  expect(await windowOf(1)).toBe(seconds)
})

test('choosing again, or another method, never restarts the clock', async () => {
  await insert(1, 5)
  const first = await choosePaymentMethod(deps, 1, 'CASH')
  const again = await choosePaymentMethod(deps, 1, 'CASH')
  expect(again.expires_at).toBe(first.expires_at)
  await choosePaymentMethod(deps, 1, 'BANK_TRANSFER')
  await choosePaymentMethod(deps, 1, 'EWALLET')
  expect((await choosePaymentMethod(deps, 1, 'CASH')).expires_at).toBe(first.expires_at)
  expect(await windowOf(1)).toBe(60)
})

test('a method whose time has run out is refused and changes nothing, while another still has time', async () => {
  await insert(1, 5)
  const before = await rowOf(1)
  await expect(choosePaymentMethod(deps, 1, 'QRIS')).rejects.toMatchObject({
    type: 'payment-expired',
    status: 409,
    message: 'Payment expired',
  })
  expect(await rowOf(1)).toEqual(before)
  expect(await choosePaymentMethod(deps, 1, 'CASH')).toMatchObject({ payment_method: 'CASH' })
})

test.each(['CASH', 'BANK_TRANSFER'] as const)('an order past its deadline is not revived by %s', async (method) => {
  await insert(1, 11)
  const before = await rowOf(1)
  await expect(choosePaymentMethod(deps, 1, method)).rejects.toMatchObject({ type: 'payment-expired' })
  expect(await rowOf(1)).toEqual(before)
})

test('choosing is no change of status and has no event', async () => {
  await insert(1)
  await choosePaymentMethod(deps, 1, 'CASH')
  expect(await eventsOf(db, 1)).toEqual(['order.placed 1'])
})

test.each([
  ['paid', 'payment-exists', 'Payment for this order already exists'],
  ['confirming', 'payment-exists', 'Payment for this order already exists'],
  ['confirmed', 'payment-exists', 'Payment for this order already exists'],
  ['expired', 'payment-expired', 'Payment expired'],
  ['canceled', 'order-state', 'The order is canceled and cannot be paid'],
  ['rejected', 'order-state', 'The order is rejected and cannot be paid'],
])('an order that is %s is refused with %s', async (status, type, message) => {
  await insertOrder(db, 1, { status })
  const before = await rowOf(1)
  await expect(choosePaymentMethod(deps, 1, 'CASH')).rejects.toMatchObject({ type, status: 409, message })
  expect(await rowOf(1)).toEqual(before)
})

test('an order that is still queued cannot be paid yet, and one that is not there is 404', async () => {
  const id = await queue.append({
    userId: 7,
    body: toQueuedBody({ lines: [{ product_id: 1, quantity: 1 }] }),
    idempotencyKey: null,
  })
  await expect(choosePaymentMethod(deps, id, 'CASH')).rejects.toMatchObject({
    type: 'order-state',
    message: 'The order is queued and cannot be paid',
  })
  await expect(choosePaymentMethod(deps, 99_999, 'CASH')).rejects.toMatchObject({ type: 'order-not-found' })
})

test('choosing a longer time at the deadline either saves the order or comes too late', async () => {
  const follow = { db, inventory: fakeInventory(), payments: fakePayments(async () => undefined) }
  for (const id of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]) {
    await insert(id, 10 - (id % 5) / 1000)
    const choosing = choosePaymentMethod(deps, id, 'CASH').then(
      () => 'awaiting_payment',
      (error) => error.type,
    )
    const [answer] = await Promise.all([choosing, expireOrders(follow), expireOrders(follow)])
    await expireOrders(follow)
    const { status } = await rowOf(id)
    expect(answer).toBe(status === 'awaiting_payment' ? 'awaiting_payment' : 'payment-expired')
  }
})
