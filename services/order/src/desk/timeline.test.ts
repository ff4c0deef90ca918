import type { AuditLogEntry } from '@kakilima/contracts/audit-log'
import type { Order } from '@kakilima/contracts/order/order'
import type { Payment } from '@kakilima/contracts/payment'
import { expect, test } from 'vitest'
import { type OrderHistory, timelineOf } from './timeline.ts'

const at = (minute: number) => `2026-11-22T08:${String(minute).padStart(2, '0')}:00.000Z`

function orderOf(change: Partial<Order>): Order {
  return {
    id: 5,
    user_id: 7,
    product_id: 1,
    quantity: 2,
    total_price: 2000,
    payment_status: false,
    confirmed: false,
    status: 'awaiting_payment',
    payment_method: null,
    expires_at: null,
    paid_at: null,
    confirmed_at: null,
    ended_at: null,
    paid_by_payment_id: null,
    reason: null,
    shortages: [],
    version: 1,
    created_at: at(0),
    updated_at: at(59),
    lines: [],
    ...change,
  }
}

function paymentOf(change: Partial<Payment>): Payment {
  return {
    id: 50,
    order_id: 5,
    user_id: 7,
    amount: 2000,
    payment_method: 'QRIS',
    status: false,
    state: 'open',
    reason: null,
    provider: 'simulator',
    receipt: null,
    reference: 'x',
    refund_reference: null,
    version: 1,
    created_at: at(1),
    completed_at: null,
    refund_due_at: null,
    refunded_at: null,
    expires_at: null,
    ...change,
  }
}

function changeOf(action: AuditLogEntry['action'], subject_id: number, actor_id: number | null): AuditLogEntry {
  const subject_type = action.split('.')[0]!
  return {
    id: 1,
    actor_id,
    action,
    subject_type,
    subject_id,
    before: {},
    after: {},
    request_id: null,
    created_at: at(9),
  }
}

function told(history: Partial<OrderHistory>): unknown[] {
  const entries = timelineOf({ order: orderOf({}), payments: [], notes: [], changes: [], ...history }, (id) =>
    id === null ? null : { id, name: `Staff ${id}` },
  )
  expect(entries.map((entry) => entry.at)).toEqual(entries.map((entry) => entry.at).toSorted())
  return entries.map(({ type, actor, data }) => [type, actor?.id ?? null, data])
}

const qris = { payment_id: 50, payment_method: 'QRIS', amount: 2000 }

test('an order that was just placed has begun, and nothing else', () => {
  expect(told({})).toEqual([['order.placed', null, { amount: 2000 }]])
})

test('an order that was paid and confirmed, with a note between, tells who did it', () => {
  const order = orderOf({
    status: 'confirmed',
    payment_method: 'QRIS',
    paid_by_payment_id: 50,
    paid_at: at(2),
    confirmed_at: at(6),
  })
  const payments = [
    paymentOf({ state: 'completed', completed_at: at(3) }),
    paymentOf({ id: 51, payment_method: 'CASH', state: 'voided' }),
  ]
  const notes = [{ id: 4, author_id: 8, text: 'Calls back', created_at: at(5) }]
  const changes = [changeOf('order.confirm', 5, 9), changeOf('order.pay', 5, 8)]
  expect(told({ order, payments, notes, changes })).toEqual([
    ['order.placed', null, { amount: 2000 }],
    ['payment.opened', null, qris],
    ['payment.opened', null, { ...qris, payment_id: 51, payment_method: 'CASH' }],
    ['order.paid', 8, qris],
    ['payment.voided', null, { ...qris, payment_id: 51, payment_method: 'CASH' }],
    ['payment.completed', null, qris],
    ['note', 8, { note_id: 4, text: 'Calls back' }],
    ['order.confirmed', 9, {}],
  ])
})

test('money of a canceled order is due, and then given back under a reference', () => {
  const order = orderOf({ status: 'canceled', paid_by_payment_id: 50, paid_at: at(2), ended_at: at(4) })
  const payments = [
    paymentOf({
      state: 'refunded',
      completed_at: at(2),
      refund_due_at: at(4),
      refunded_at: at(8),
      reason: 'order-canceled',
      refund_reference: 'BCA 77',
    }),
  ]
  const changes = [
    changeOf('order.cancel', 5, 9),
    changeOf('payment.refund', 50, 3),
    // Of a payment that has the number of the order.
    changeOf('payment.refund', 5, 4),
  ]
  expect(told({ order, payments, changes })).toEqual([
    ['order.placed', null, { amount: 2000 }],
    ['payment.opened', null, qris],
    ['order.paid', null, { payment_id: 50, amount: 2000 }],
    ['payment.completed', null, qris],
    ['order.canceled', 9, {}],
    ['payment.refund_due', null, { ...qris, reason: 'order-canceled' }],
    ['payment.refunded', 3, { ...qris, reference: 'BCA 77' }],
  ])
})

test.each<[string, Partial<Order>, Partial<OrderHistory>, unknown]>([
  ['expired', { status: 'expired', ended_at: at(3) }, {}, ['order.expired', null, {}]],
  [
    'rejected',
    { status: 'rejected', ended_at: at(3), reason: 'insufficient-stock' },
    {},
    ['order.rejected', null, { reason: 'insufficient-stock' }],
  ],
  [
    'rejected by staff',
    { status: 'rejected', ended_at: at(3), reason: 'rejected-by-staff' },
    { changes: [changeOf('order.reject', 5, 9)] },
    ['order.rejected', 9, { reason: 'rejected-by-staff' }],
  ],
])('an order that was %s ends so', (_name, change, history, last) => {
  expect(told({ order: orderOf(change), ...history }).at(-1)).toEqual(last)
})

test('an open payment expires with its order', () => {
  const history = {
    order: orderOf({ status: 'expired', ended_at: at(3) }),
    payments: [paymentOf({ state: 'expired' })],
  }
  expect(told(history).at(-1)).toEqual(['payment.expired', null, qris])
})
