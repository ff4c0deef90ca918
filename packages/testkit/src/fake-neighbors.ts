import type { AuditLogEntry } from '@kakilima/contracts/audit-log'
import type { PaymentClient, UserClient } from '@kakilima/contracts/clients'
import type { PaymentHistoryClient } from '@kakilima/contracts/desk-client'
import type { OrderOutcome, Payment, PaymentMethod } from '@kakilima/contracts/payment'
import { problem } from '@kakilima/contracts/problems'

export type FakeUsers = UserClient & { refuse: () => void }

/** A user service that knows the customers with these ids. */
export function fakeUsers(...ids: number[]): FakeUsers {
  const userOf = (id: number) => ({
    id,
    name: `Customer ${id}`,
    phone: '081234567890',
    phone_e164: '+6281234567890',
    email: null,
    created_at: '2026-11-22T08:00:00.000Z',
  })
  const fake: FakeUsers = {
    refuse: () => undefined,
    async get(id) {
      fake.refuse()
      if (!ids.includes(id)) throw problem('user-not-found', 'User not found')
      return userOf(id)
    },
    async list(wanted) {
      fake.refuse()
      return wanted.filter((id) => ids.includes(id)).map(userOf)
    },
    async search(text) {
      fake.refuse()
      return ids.map(userOf).filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()))
    },
  }
  return fake
}

export type FakePayments = PaymentClient & {
  /** What it was told of orders, in the order of telling. */
  outcomes: OrderOutcome[]
  opened: { orderId: number; method: PaymentMethod }[]
  refuse: () => void
}

/** A payment service that opens a payment for any order and asks `pay` when one is confirmed. */
export function fakePayments(pay: (orderId: number, paymentId: number) => Promise<unknown>): FakePayments {
  const opened: FakePayments['opened'] = []
  const paymentOf = (id: number): Payment => ({
    id,
    order_id: opened[id - 1]!.orderId,
    user_id: 1,
    amount: 1000,
    payment_method: opened[id - 1]!.method,
    status: false,
    state: 'open',
    reason: null,
    provider: 'simulator',
    receipt: null,
    reference: 'SIM',
    refund_reference: null,
    version: 1,
    created_at: '2026-11-22T08:00:00.000Z',
    completed_at: null,
    refund_due_at: null,
    refunded_at: null,
    expires_at: null,
  })
  const fake: FakePayments = {
    outcomes: [],
    opened,
    refuse: () => undefined,
    async open(orderId, method) {
      fake.refuse()
      return paymentOf(opened.push({ orderId, method }))
    },
    async confirm(paymentId) {
      fake.refuse()
      const payment = paymentOf(paymentId)
      await pay(payment.order_id, paymentId)
      return { ...payment, state: 'completed', status: true }
    },
    async settle(orders) {
      fake.refuse()
      fake.outcomes.push(...orders)
      return {}
    },
  }
  return fake
}

/** A payment service that knows these payments, and these changes that staff made of them. */
export function fakePaymentHistory(payments: Payment[] = [], changes: AuditLogEntry[] = []): PaymentHistoryClient {
  return {
    ofOrder: async (orderId) => payments.filter((payment) => payment.order_id === orderId),
    changesOf: async (paymentId) => changes.filter((change) => change.subject_id === paymentId),
    refundsDue: async () => ({ count: payments.filter((payment) => payment.state === 'refund_due').length }),
  }
}

/** What a call to a neighbour throws that does not answer in time. */
export function unanswered(name: string) {
  return problem('neighbor-unavailable', `The ${name} service does not answer in time`, { timed_out: true })
}

/** What a call to a neighbour throws that nobody can reach. */
export function unreachable(name: string) {
  return problem('neighbor-unavailable', `The ${name} service cannot be reached`, {}, { 'retry-after': '1' })
}
