import { auditLogOf, whileAuditLogIsFull } from '@kakilima/testkit/audit-log'
import { eventsOf } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type FakeOrders, fakeOrders } from '@kakilima/testkit/fake-orders'
import { sql } from 'kysely'
import { beforeEach, expect, test, vi } from 'vitest'
import type { PaymentTables } from './database.ts'
import { confirmPayment } from './payments/confirm-payment.ts'
import { findPayment } from './payments/find-payment.ts'
import { openPayment } from './payments/open-payment.ts'
import { recordReceipt } from './payments/record-receipt.ts'
import { settlePayments } from './payments/settle-payments.ts'
import { providers } from './providers/providers.ts'
import { recordRefund } from './refunds/record-refund.ts'

const db = await testDatabase<PaymentTables>('payment')
let orders: FakeOrders

beforeEach(async () => {
  await sql`truncate audit_log, payments, outbox restart identity`.execute(db)
  orders = fakeOrders()
})

async function open(orderId: number, provider: keyof typeof providers = 'simulator'): Promise<number> {
  orders.add(orderId)
  return (await openPayment({ db, orders, provider: providers[provider] }, orderId, 'CASH')).payment.id
}

/** A payment whose order was canceled after it was paid. */
async function openRefundDue(orderId: number): Promise<number> {
  const id = await open(orderId)
  await settlePayments(db, [{ order_id: orderId, outcome: 'canceled', paid_by_payment_id: id }])
  return id
}

test('a refund is logged once, under the reference of the transfer', async () => {
  const id = await openRefundDue(1)
  await recordRefund(db, id, ' BCA 77 ')
  await recordRefund(db, id, 'BCA 77')
  await expect(recordRefund(db, id, 'BCA 78')).rejects.toMatchObject({ type: 'payment-state' })
  await expect(recordRefund(db, 99, 'BCA 78')).rejects.toMatchObject({ type: 'payment-not-found' })
  expect(await auditLogOf(db)).toEqual([
    {
      actor_id: null,
      action: 'payment.refund',
      subject_type: 'payment',
      subject_id: id,
      before: { state: 'refund_due', refund_reference: null, version: 2 },
      after: { state: 'refunded', refund_reference: 'BCA 77', version: 3 },
      request_id: null,
    },
  ])
})

test('a refund does not stand without its entry', async () => {
  const id = await openRefundDue(1)
  await whileAuditLogIsFull(db, async () => {
    await expect(recordRefund(db, id, 'BCA 77')).rejects.toThrow('audit_log_is_full')
  })
  expect(await findPayment(db, id)).toMatchObject({ state: 'refund_due', version: 2 })
  expect(await eventsOf(db, id)).toEqual(['payment.opened 1', 'payment.refund_due 2'])
})

test.each([
  ['the payer says so', 'simulator', 'customer', 'customer'],
  ['staff say so for the payer', 'simulator', 'staff', 'staff'],
  ['nobody but staff can know', 'manual', undefined, 'staff'],
] as const)('the order, which keeps the entry, is told who asks where %s', async (_, provider, by, told) => {
  const pay = vi.spyOn(orders, 'payOrder')
  const id = await open(1, provider)
  await confirmPayment({ db, orders, provider: providers[provider] }, id, by)
  expect(pay.mock.calls).toEqual([[{ params: { id: 1 }, body: { payment_id: id, payment_method: 'CASH', by: told } }]])
  expect(await auditLogOf(db)).toEqual([])
})

test("a bank's word that money has arrived is no change of staff's", async () => {
  const pay = vi.spyOn(orders, 'payOrder')
  const id = await open(1)
  await recordReceipt({ db, orders }, id, 'BCA 1')
  expect(pay.mock.calls).toEqual([
    [{ params: { id: 1 }, body: { payment_id: id, payment_method: 'CASH', by: undefined } }],
  ])
  expect(await auditLogOf(db)).toEqual([])
})
