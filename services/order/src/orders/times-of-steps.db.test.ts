import { readFile } from 'node:fs/promises'
import { migrationsBeside } from '@kakilima/kit/service'
import { insertOrder } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { fakeInventory } from '@kakilima/testkit/fake-inventory'
import { fakePayments } from '@kakilima/testkit/fake-neighbors'
import { reserved } from '@kakilima/testkit/fake-inventory'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { OrderTables } from '../database.ts'
import { writeOutcomes } from '../intake/write-outcomes.ts'
import { cancelOrder } from './cancel-order.ts'
import { confirmOrder } from './confirm-order.ts'
import { expireOrders } from './expire-orders.ts'
import { payOrder } from './pay-order.ts'

const db = await testDatabase<OrderTables>('order')
const inventory = fakeInventory()
const deps = { db, inventory, payments: fakePayments(async () => undefined) }

beforeEach(async () => {
  await sql`truncate orders, outbox`.execute(db)
})

/** The steps that an order has the time of, by the name of the column. */
async function timesOf(id: number): Promise<Record<string, string>> {
  const { paid_at, confirmed_at, ended_at } = await db
    .selectFrom('orders')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const times = Object.entries({ paid_at, confirmed_at, ended_at })
  return Object.fromEntries(times.flatMap(([name, time]) => (time === null ? [] : [[name, time]])))
}

test('each step notes its time, and keeps those of the steps before', async () => {
  await inventory.decide([1, 2].map((order_id) => ({ order_id, lines: [{ product_id: 1, quantity: 2 }] })))
  for (const id of [1, 2]) await insertOrder(db, id)
  await insertOrder(db, 3, { expiresInMs: -1 })
  expect(await timesOf(1)).toEqual({})
  for (const id of [1, 2]) await payOrder(db, id, { payment_id: id, payment_method: 'CASH' })
  const paid = await timesOf(1)
  expect(Object.keys(paid)).toEqual(['paid_at'])
  await confirmOrder(deps, 1)
  const confirmed = await timesOf(1)
  expect(confirmed).toEqual({ ...paid, confirmed_at: expect.any(String) })
  expect(confirmed.confirmed_at! >= paid.paid_at!).toBe(true)
  // Again changes nothing.
  await confirmOrder(deps, 1)
  expect(await timesOf(1)).toEqual(confirmed)
  await cancelOrder(deps, 2, 'staff')
  expect(Object.keys(await timesOf(2))).toEqual(['paid_at', 'ended_at'])
  await expireOrders(deps)
  expect(Object.keys(await timesOf(3))).toEqual(['ended_at'])
})

test('an order that is rejected has ended when it is written, one that is reserved has not', async () => {
  const orderOf = (order_id: number) => ({
    order_id,
    user_id: 7,
    lines: [{ product_id: 1, quantity: 2 }],
    idempotency_key: null,
    accepted_at: '2026-11-22T08:00:00.000Z',
  })
  const rejected = { ...reserved(orderOf(4)), state: 'rejected' as const, reason: 'insufficient-stock' as const }
  const outcomes = [
    { order: orderOf(4), decision: rejected },
    { order: orderOf(5), decision: reserved(orderOf(5)) },
  ]
  await writeOutcomes(db, outcomes, 10)
  expect([Object.keys(await timesOf(4)), Object.keys(await timesOf(5))]).toEqual([['ended_at'], []])
})

test('orders from before have their times from their events, or from their last change where those were dropped', async () => {
  const hour = (n: number) => `2026-11-22T0${n}:00:00.000Z`
  const statuses = ['awaiting_payment', 'paid', 'confirmed', 'expired', 'canceled', 'rejected']
  for (const [index, status] of [...statuses, ...statuses].entries()) {
    const paid_by_payment_id = ['paid', 'confirmed', 'canceled'].includes(status) ? 1 : null
    await insertOrder(db, index + 1, { status, paid_by_payment_id, reserved_at: hour(1), updated_at: hour(5) })
  }
  await sql`truncate outbox`.execute(db)
  const told = [
    ['order.paid', 2, 2],
    ['order.paid', 3, 2],
    ['order.confirmed', 3, 3],
    ['order.expired', 4, 4],
    ['order.paid', 5, 2],
    ['order.canceled', 5, 3],
    ['order.rejected', 6, 1],
  ] as const
  for (const [type, subject_id, at] of told) {
    const event = { type, subject_id, version: 1, data: '{}', due_at: null, occurred_at: hour(at) }
    await db.insertInto('outbox').values(event).execute()
  }
  await sql`alter table orders drop column paid_at, drop column confirmed_at, drop column ended_at`.execute(db)
  await sql
    .raw(await readFile(`${migrationsBeside(new URL('..', import.meta.url).href)}/0004_times_of_steps.sql`, 'utf8'))
    .execute(db)

  const times = await Promise.all(Array.from({ length: 12 }, (_, index) => timesOf(index + 1)))
  expect(times).toEqual([
    {},
    { paid_at: hour(2) },
    { paid_at: hour(2), confirmed_at: hour(3) },
    { ended_at: hour(4) },
    { paid_at: hour(2), ended_at: hour(3) },
    { ended_at: hour(1) },
    {},
    { paid_at: hour(5) },
    { paid_at: hour(1), confirmed_at: hour(5) },
    { ended_at: hour(5) },
    { paid_at: hour(1), ended_at: hour(5) },
    { ended_at: hour(5) },
  ])
})
