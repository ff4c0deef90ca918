import { startRelay } from '@kakilima/kit/outbox'
import { silentLogger } from '@kakilima/testkit/app'
import { dueEvents, eventsOf, makeDue } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { unreachable } from '@kakilima/testkit/fake-neighbors'
import { type FakeOrders, fakeOrders } from '@kakilima/testkit/fake-orders'
import { sql } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { beforeEach, describe, expect, test } from 'vitest'
import type { PaymentTables } from '../database.ts'
import { followUp } from '../follow-up.ts'
import { providers } from '../providers/providers.ts'
import { recordRefund } from '../refunds/record-refund.ts'
import { confirmPayment } from './confirm-payment.ts'
import { openPayment, type OpenPaymentDeps } from './open-payment.ts'
import { recordReceipt } from './record-receipt.ts'
import { settlePayments } from './settle-payments.ts'

const db = await testDatabase<PaymentTables>('payment', 20)
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)

let orders: FakeOrders
let deps: OpenPaymentDeps

beforeEach(async () => {
  await sql`truncate payments, outbox restart identity`.execute(db)
  orders = fakeOrders()
  deps = { db, orders, provider: providers.simulator }
})

async function open(orderId: number, method: 'BANK_TRANSFER' | 'CASH' = 'BANK_TRANSFER'): Promise<number> {
  if (!orders.orders.has(orderId)) orders.add(orderId)
  return (await openPayment(deps, orderId, method)).payment.id
}

async function rowOf(id: number) {
  return db.selectFrom('payments').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

/** Lets the order expire, and tells the payments if it is said so. */
async function expire(orderId: number, isTold: boolean): Promise<void> {
  orders.orders.get(orderId)!.status = 'expired'
  if (isTold) await settlePayments(db, [{ order_id: orderId, outcome: 'expired', paid_by_payment_id: null }])
}

/** A payment whose money came too late. */
async function openRefundDue(orderId: number): Promise<number> {
  const id = await open(orderId)
  await expire(orderId, true)
  await recordReceipt(deps, id, 'BCA 1')
  return id
}

describe('a receipt', () => {
  test('of an open payment pays the order', async () => {
    const id = await open(1)
    expect(await recordReceipt(deps, id, 'BCA 1')).toMatchObject({ state: 'completed', receipt: 'BCA 1', version: 3 })
    expect(orders.orders.get(1)).toMatchObject({ status: 'paid', paid_by_payment_id: id })
    expect(await eventsOf(db, id)).toEqual(['payment.opened 1', 'payment.received 2', 'payment.completed 3'])
    expect(await dueEvents(db)).toEqual([])
  })

  test('that is recorded again changes nothing', async () => {
    const id = await open(1)
    const first = await recordReceipt(deps, id, 'BCA 1')
    expect(await recordReceipt(deps, id, 'BCA 1')).toEqual(first)
    const late = await openRefundDue(2)
    const due = await rowOf(late)
    expect(await recordReceipt(deps, late, 'BCA 1')).toEqual(due)
    expect(await eventsOf(db, late)).toHaveLength(4)
  })

  test('under another reference is refused, since it would leave no trace', async () => {
    const id = await open(1)
    const first = await recordReceipt(deps, id, 'BCA 1')
    await expect(recordReceipt(deps, id, 'BCA 2')).rejects.toMatchObject({ type: 'payment-state' })
    expect(await rowOf(id)).toEqual(first)
  })

  test('twenty times at once counts once', async () => {
    const id = await open(1)
    const answers = await Promise.all(range(20).map(() => recordReceipt(deps, id, 'BCA 1')))
    expect(answers.at(-1)).toMatchObject({ state: 'completed' })
    expect(await eventsOf(db, id)).toEqual(['payment.opened 1', 'payment.received 2', 'payment.completed 3'])
  })

  test.each([true, false])(
    'after the order expired is due to be given back (payments told before: %s)',
    async (isTold) => {
      const id = await open(1)
      await expire(1, isTold)
      expect(await recordReceipt(deps, id, 'BCA 1')).toMatchObject({
        state: 'refund_due',
        reason: 'paid-too-late',
        receipt: 'BCA 1',
        completed_at: expect.any(String),
      })
      expect(orders.orders.get(1)).toMatchObject({ status: 'expired', paid_by_payment_id: null })
      const events = await eventsOf(db, id)
      expect(events.toSorted()).toEqual(
        (isTold
          ? ['payment.opened 1', 'payment.expired 2', 'payment.received 3', 'payment.refund_due 4']
          : ['payment.opened 1', 'payment.received 2', 'payment.expired 3', 'payment.refund_due 4']
        ).toSorted(),
      )
    },
  )

  test('past the deadline, before the sweeper came by, is due to be given back, too', async () => {
    const id = await open(1)
    orders.orders.get(1)!.isLate = true
    expect(await recordReceipt(deps, id, 'BCA 1')).toMatchObject({ state: 'refund_due', reason: 'paid-too-late' })
  })

  test('for an order that another payment paid is due to be given back', async () => {
    const transfer = await open(1)
    const cash = await open(1, 'CASH')
    await confirmPayment(deps, cash)
    expect(await recordReceipt(deps, transfer, 'BCA 1')).toMatchObject({ state: 'refund_due', reason: 'order-paid' })
    expect(await rowOf(cash)).toMatchObject({ state: 'completed' })
    expect(orders.orders.get(1)!.paid_by_payment_id).toBe(cash)
  })

  test('for an order that was canceled is due to be given back', async () => {
    const id = await open(1)
    orders.orders.get(1)!.status = 'canceled'
    expect(await recordReceipt(deps, id, 'BCA 1')).toMatchObject({ state: 'refund_due', reason: 'order-canceled' })
  })

  test('is kept while the order service is away, and the relay asks the order later', async () => {
    const [open1, late] = [await open(1), await open(2)]
    orders.refuse = () => {
      throw unreachable('order')
    }
    for (const id of [open1, late]) {
      await expect(recordReceipt(deps, id, 'BCA 1')).rejects.toMatchObject({ type: 'neighbor-unavailable' })
      expect(await rowOf(id)).toMatchObject({ state: 'open', receipt: 'BCA 1' })
    }
    expect(await dueEvents(db)).toEqual(['payment.received', 'payment.received'])
    orders.refuse = () => undefined
    orders.orders.get(2)!.status = 'expired'
    const logger = silentLogger()
    const relay = startRelay({ db, logger, idleMs: 5, followUp: (type, events) => followUp(deps, type, events) })
    try {
      await eventually(async () => {
        await makeDue(db)
        expect(await dueEvents(db)).toEqual([])
      })
    } finally {
      await relay.stop()
    }
    expect([(await rowOf(open1)).state, (await rowOf(late)).state]).toEqual(['completed', 'refund_due'])
  })

  test('that races the news of the order’s end is never lost', async () => {
    for (const orderId of range(40)) {
      const id = await open(orderId)
      await expire(orderId, false)
      const tell = () => settlePayments(db, [{ order_id: orderId, outcome: 'expired', paid_by_payment_id: null }])
      const receive = () => recordReceipt(deps, id, 'BCA 1')
      const verbs = orderId % 2 === 0 ? [tell, receive] : [receive, tell]
      await Promise.all([...verbs, tell].map((verb) => verb()))
      expect(await rowOf(id)).toMatchObject({ state: 'refund_due', reason: 'paid-too-late', receipt: 'BCA 1' })
      const versions = (await eventsOf(db, id)).map((event) => Number(event.split(' ')[1]))
      expect(versions).toEqual([1, 2, 3, 4])
    }
  })

  test('that races the confirmation of another payment leaves one payment and one refund', async () => {
    for (const orderId of range(20)) {
      const [transfer, cash] = [await open(orderId), await open(orderId, 'CASH')]
      const confirm = () => confirmPayment(deps, cash).catch(() => undefined)
      const receive = () => recordReceipt(deps, transfer, 'BCA 1')
      await Promise.all((orderId % 2 === 0 ? [confirm, receive] : [receive, confirm]).map((verb) => verb()))
      const end = `${(await rowOf(transfer)).state} ${(await rowOf(cash)).state}`
      expect(['completed voided', 'refund_due completed']).toContain(end)
      const winner = end.startsWith('completed') ? transfer : cash
      expect(orders.orders.get(orderId)!.paid_by_payment_id).toBe(winner)
    }
  })

  test('of a payment that is not there is 404', async () => {
    await expect(recordReceipt(deps, 99, 'BCA 1')).rejects.toMatchObject({ type: 'payment-not-found' })
  })
})

describe('a refund', () => {
  test('is noted once under its reference, and the same reference again changes nothing', async () => {
    const id = await openRefundDue(1)
    const refunded = await recordRefund(db, id, ' BCA 77 ')
    expect(refunded).toMatchObject({
      state: 'refunded',
      refund_reference: 'BCA 77',
      reason: 'paid-too-late',
      version: 5,
    })
    expect(await recordRefund(db, id, 'BCA 77')).toEqual(refunded)
    expect((await eventsOf(db, id)).at(-1)).toBe('payment.refunded 5')
  })

  test('under another reference is refused: the money was given back already', async () => {
    const id = await openRefundDue(1)
    await recordRefund(db, id, 'BCA 77')
    await expect(recordRefund(db, id, 'BCA 78')).rejects.toMatchObject({
      type: 'payment-state',
      status: 409,
      message: 'The payment is refunded: no refund is due',
    })
    expect(await rowOf(id)).toMatchObject({ refund_reference: 'BCA 77', version: 5 })
  })

  test('under twenty references at once is noted under one', async () => {
    const id = await openRefundDue(1)
    const results = await Promise.allSettled(range(20).map((n) => recordRefund(db, id, `BCA ${n}`)))
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
    expect(await eventsOf(db, id)).toHaveLength(5)
  })

  test.each(['open', 'completed', 'expired', 'voided'])('of a payment that is %s is refused', async (state) => {
    const id = await open(1)
    await sql`update payments set state = ${state}, completed_at = now() where id = ${id}`.execute(db)
    await expect(recordRefund(db, id, 'BCA 77')).rejects.toMatchObject({
      type: 'payment-state',
      message: `The payment is ${state}: no refund is due`,
    })
    await expect(recordRefund(db, 99, 'BCA 77')).rejects.toMatchObject({ type: 'payment-not-found' })
  })
})
