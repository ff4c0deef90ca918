import type { OrderOutcome } from '@kakilima/contracts/payment'
import { dueEvents, eventsOf } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { fakeOrders } from '@kakilima/testkit/fake-orders'
import { countDeadlocks } from '@kakilima/testkit/until-blocked'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { PaymentTables } from '../database.ts'
import { providers } from '../providers/providers.ts'
import { openPayment } from './open-payment.ts'
import { settlePayments } from './settle-payments.ts'

const db = await testDatabase<PaymentTables>('payment', 20)
const orders = fakeOrders()
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)

beforeEach(async () => {
  await sql`truncate payments, outbox restart identity`.execute(db)
})

/** Opens a cash and a QRIS payment of an order. Returns their ids. */
async function open(orderId: number): Promise<[cash: number, qris: number]> {
  orders.add(orderId)
  const deps = { db, orders, provider: providers.simulator }
  const cash = await openPayment(deps, orderId, 'CASH')
  const qris = await openPayment(deps, orderId, 'QRIS')
  return [cash.payment.id, qris.payment.id]
}

async function rowOf(id: number) {
  return db.selectFrom('payments').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

async function states(...ids: number[]): Promise<string[]> {
  return Promise.all(ids.map(async (id) => (await rowOf(id)).state))
}

const tell = (order_id: number, outcome: OrderOutcome['outcome'], paid_by_payment_id: number | null = null) =>
  settlePayments(db, [{ order_id, outcome, paid_by_payment_id }])

test('of a paid order the payment that paid is completed and the others are voided, however often it is told', async () => {
  const [cash, qris] = await open(1)
  for (const _ of range(3)) await tell(1, 'paid', qris)
  expect(await states(cash, qris)).toEqual(['voided', 'completed'])
  expect(await rowOf(qris)).toMatchObject({ completed_at: expect.any(String), version: 2, reason: null })
  expect(await rowOf(cash)).toMatchObject({ completed_at: null, version: 2 })
  expect(await eventsOf(db, qris)).toEqual(['payment.opened 1', 'payment.completed 2'])
  expect(await eventsOf(db, cash)).toEqual(['payment.opened 1', 'payment.voided 2'])
  expect(await dueEvents(db)).toEqual([])
})

test('payments of an expired order expire, and of a canceled one are voided', async () => {
  const [expired, also] = await open(1)
  const [canceled] = await open(2)
  const [open3] = await open(3)
  await settlePayments(db, [
    { order_id: 1, outcome: 'expired', paid_by_payment_id: null },
    { order_id: 2, outcome: 'canceled', paid_by_payment_id: null },
    { order_id: 99, outcome: 'expired', paid_by_payment_id: null },
  ])
  expect(await states(expired, also, canceled, open3)).toEqual(['expired', 'expired', 'voided', 'open'])
})

test('the money of a paid order that is canceled is due to be given back, with the reason', async () => {
  const [cash, qris] = await open(1)
  await tell(1, 'paid', cash)
  const { completed_at } = await rowOf(cash)
  for (const _ of range(2)) await tell(1, 'canceled', cash)
  const due = await rowOf(cash)
  expect(due).toMatchObject({ state: 'refund_due', reason: 'order-canceled', completed_at, version: 3 })
  expect(due.refund_due_at).toBe(due.updated_at)
  expect(await states(qris)).toEqual(['voided'])
  expect(await eventsOf(db, cash)).toEqual(['payment.opened 1', 'payment.completed 2', 'payment.refund_due 3'])
})

test('outcomes that are told twice and out of order lead to the same end', async () => {
  const stories: OrderOutcome['outcome'][][] = [
    ['paid', 'canceled'],
    ['canceled', 'paid'],
    ['paid', 'canceled', 'paid'],
    ['canceled', 'paid', 'canceled', 'paid'],
    ['canceled', 'canceled'],
  ]
  for (const [index, story] of stories.entries()) {
    const [cash, qris] = await open(10 + index)
    for (const outcome of story) await tell(10 + index, outcome, cash)
    expect(await states(cash, qris)).toEqual(['refund_due', 'voided'])
    expect(await rowOf(cash)).toMatchObject({ reason: 'order-canceled', completed_at: expect.any(String) })
    const due = (await eventsOf(db, cash)).filter((event) => event.startsWith('payment.refund_due'))
    expect(due).toHaveLength(1)
  }
})

test('what has ended is not touched by what is told later', async () => {
  const [cash, qris] = await open(1)
  await tell(1, 'paid', cash)
  await sql`update payments set state = 'refunded', reason = 'x', refund_reference = 'y' where id = ${cash}`.execute(db)
  const before = [await rowOf(cash), await rowOf(qris)]
  for (const outcome of ['expired', 'paid', 'canceled'] as const) await tell(1, outcome, cash)
  expect([await rowOf(cash), await rowOf(qris)]).toEqual(before)
})

test('many tellers of the same orders in any order do not hold each other up, and each change has one event', async () => {
  const opened = new Map<number, [number, number]>()
  for (const id of range(30)) opened.set(id, await open(id))
  const outcomes = range(30).map((id): OrderOutcome => {
    const outcome = (['paid', 'expired', 'canceled'] as const)[id % 3]!
    return { order_id: id, outcome, paid_by_payment_id: outcome === 'paid' ? opened.get(id)![0] : null }
  })
  const before = await countDeadlocks(db)
  await Promise.all(
    range(20).map((n) => {
      const turned = [...outcomes.slice(n), ...outcomes.slice(0, n)]
      return settlePayments(db, n % 2 === 0 ? turned : turned.toReversed())
    }),
  )
  expect(await countDeadlocks(db)).toBe(before)
  for (const { order_id, outcome } of outcomes) {
    const [cash, qris] = opened.get(order_id)!
    const [first, second] = {
      paid: ['completed', 'voided'],
      expired: ['expired', 'expired'],
      canceled: ['voided', 'voided'],
    }[outcome]
    expect(await eventsOf(db, cash)).toEqual(['payment.opened 1', `payment.${first} 2`])
    expect(await eventsOf(db, qris)).toEqual(['payment.opened 1', `payment.${second} 2`])
  }
})

test('an order is never paid twice, whatever is told', async () => {
  const [cash, qris] = await open(1)
  await tell(1, 'paid', cash)
  await sql`update payments set state = 'open' where id = ${qris}`.execute(db)
  await expect(tell(1, 'paid', qris)).rejects.toThrow('payments_completed')
  expect(await states(cash, qris)).toEqual(['completed', 'open'])
})
