import type { Decision, OrderedLine } from '@kakilima/contracts/inventory'
import { maxTotal } from '@kakilima/contracts/money'
import { dueEvents, eventsOf } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { reserved } from '@kakilima/testkit/fake-inventory'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { OrderTables } from '../database.ts'
import { type Outcome, writeOutcomes } from './write-outcomes.ts'

const db = await testDatabase<OrderTables>('order', 20)
let lastOrderId = 0

type Ordered = Outcome['order'] & { lines: OrderedLine[] }

function queued(change: Partial<Ordered> = {}): Ordered {
  const lines = [
    { product_id: 3, quantity: 2 },
    { product_id: 1, quantity: 5 },
  ]
  return {
    order_id: ++lastOrderId,
    user_id: 7,
    lines,
    idempotency_key: 'cart 1',
    accepted_at: '2026-11-22T08:00:00.123Z',
    ...change,
  }
}

function outcomeOf(order: Ordered, change: Partial<Decision> = {}): Outcome {
  return { order, decision: { ...reserved(order), ...change } }
}

async function rowOf(id: number) {
  return db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirst()
}

async function eventDataOf(id: number) {
  const { data } = await db.selectFrom('outbox').select('data').where('subject_id', '=', id).executeTakeFirstOrThrow()
  return data as Record<string, unknown>
}

/** The seconds from the reservation to the deadline, as the database counts them. */
async function windowOf(id: number): Promise<number | null> {
  const { rows } = await sql<{ seconds: number | null }>`
    select extract(epoch from expires_at - reserved_at)::float8 as seconds from orders where id = ${id}`.execute(db)
  return rows[0]!.seconds
}

test('a reserved order awaits its payment, with names, prices and the total of this moment', async () => {
  const order = queued()
  await writeOutcomes(db, [outcomeOf(order)], 10)
  expect(await rowOf(order.order_id)).toMatchObject({
    user_id: 7,
    status: 'awaiting_payment',
    lines: [
      { product_id: 3, name: 'Product 3', unit_price: 1000, quantity: 2 },
      { product_id: 1, name: 'Product 1', unit_price: 1000, quantity: 5 },
    ],
    quantity: 7,
    total_price: 7000,
    payment_method: null,
    paid_by_payment_id: null,
    reason: null,
    shortages: [],
    idempotency_key: 'cart 1',
    version: 1,
    created_at: '2026-11-22T08:00:00.123Z',
  })
  expect(await eventsOf(db, order.order_id)).toEqual(['order.placed 1'])
})

test('the event tells the order without the key, which is between the caller and us', async () => {
  const order = queued({ idempotency_key: 'secret-key' })
  await writeOutcomes(db, [outcomeOf(order)], 10)
  const data = await eventDataOf(order.order_id)
  expect(data).toMatchObject({ id: order.order_id, user_id: 7, status: 'awaiting_payment', total_price: 7000 })
  expect(JSON.stringify(data)).not.toContain('secret-key')
})

test('the deadline is the window after the reservation, by the clock of the database', async () => {
  const [ten, half, none] = [queued(), queued(), queued()]
  await writeOutcomes(db, [outcomeOf(ten)], 10)
  await writeOutcomes(db, [outcomeOf(half)], 0.5)
  await writeOutcomes(db, [outcomeOf(none)], 0)
  expect(await windowOf(ten.order_id)).toBeCloseTo(10, 2)
  expect(await windowOf(half.order_id)).toBeCloseTo(0.5, 2)
  expect(await windowOf(none.order_id)).toBeNull()
})

test('a rejected order tells why, costs nothing and has no deadline', async () => {
  const order = queued()
  const shortages = [{ product_id: 3, requested: 2, available: 1 }]
  await writeOutcomes(db, [outcomeOf(order, { state: 'rejected', reason: 'insufficient-stock', shortages })], 10)
  expect(await rowOf(order.order_id)).toMatchObject({
    status: 'rejected',
    reason: 'insufficient-stock',
    shortages,
    total_price: 0,
    expires_at: null,
  })
  expect(await eventsOf(db, order.order_id)).toEqual(['order.rejected 1'])
})

test('the largest total is stored to the last rupiah', async () => {
  const order = queued({ lines: [{ product_id: 1, quantity: 9 }] })
  const lines = [{ product_id: 1, name: 'Gold', unit_price: maxTotal / 9, quantity: 9 }]
  await writeOutcomes(db, [outcomeOf(order, { lines })], 10)
  expect(await rowOf(order.order_id)).toMatchObject({ total_price: maxTotal })
})

test('writing again changes nothing and tells nothing, whatever became of the order', async () => {
  const [order, other] = [queued(), queued()]
  await writeOutcomes(db, [outcomeOf(order)], 10)
  await db.updateTable('orders').set({ status: 'canceled' }).where('id', '=', order.order_id).execute()
  const before = await rowOf(order.order_id)
  await writeOutcomes(db, [outcomeOf(order, { state: 'rejected', reason: 'insufficient-stock' }), outcomeOf(other)], 99)
  expect(await rowOf(order.order_id)).toEqual(before)
  expect(await eventsOf(db, order.order_id)).toEqual(['order.placed 1'])
  expect(await eventsOf(db, other.order_id)).toEqual(['order.placed 1'])
})

test('twenty workers that write the same batch at once write each order and its event once', async () => {
  const outcomes = Array.from({ length: 30 }, () => outcomeOf(queued()))
  await Promise.all(
    Array.from({ length: 20 }, (_, n) => writeOutcomes(db, n % 2 === 0 ? outcomes : outcomes.toReversed(), 10)),
  )
  for (const { order } of outcomes) expect(await eventsOf(db, order.order_id)).toEqual(['order.placed 1'])
})

test('an order that cannot be stored takes the whole batch back', async () => {
  const [good, bad] = [queued(), queued()]
  await expect(
    writeOutcomes(db, [outcomeOf(good), outcomeOf(bad, { state: 'rejected', reason: null })], 10),
  ).rejects.toThrow('check constraint')
  expect(await rowOf(good.order_id)).toBeUndefined()
  expect(await eventsOf(db, good.order_id)).toEqual([])
})

test('nothing has to follow from a decision', async () => {
  await writeOutcomes(db, [], 10)
  expect(await dueEvents(db)).toEqual([])
})
