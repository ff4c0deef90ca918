import type { AskedBy } from '@kakilima/contracts/asked-by'
import type { OrderClient } from '@kakilima/contracts/order/endpoints'
import type { OrderStatus } from '@kakilima/contracts/order/order'
import type { OrderOutcome } from '@kakilima/contracts/payment'
import type { Db } from '@kakilima/kit/database'
import type { PaymentTables } from '../database.ts'
import { findPayment } from './find-payment.ts'
import type { PaymentRow } from './payment.ts'
import { settlePayments } from './settle-payments.ts'

export type PaymentVerbDeps = {
  db: Db<PaymentTables>
  orders: Pick<OrderClient, 'findOrder' | 'choosePaymentMethod' | 'payOrder'>
}

/**
 * Asks the order, the arbiter, whether this payment pays it, and lets the payments of the order follow the answer. Returns the payment as
 * it is then and the order's status. Where staff ask, the order notes it in the audit log. An order that is past its deadline counts as expired, though its sweeper may not have come by yet.
 */
export async function askOrder(
  { db, orders }: PaymentVerbDeps,
  { id, order_id, payment_method }: PaymentRow,
  by?: AskedBy,
): Promise<{ payment: PaymentRow; orderStatus: OrderStatus }> {
  const order = await orders.payOrder({ params: { id: order_id }, body: { payment_id: id, payment_method, by } })
  const orderStatus = order.deadline_passed ? 'expired' : order.status
  const outcome = outcomeOf(orderStatus)
  if (outcome !== undefined) {
    await settlePayments(db, [{ order_id, outcome, paid_by_payment_id: order.paid_by_payment_id }])
  }
  return { payment: await findPayment(db, id), orderStatus }
}

/** What an order's status means for its payments, or undefined while it can still be paid. */
export function outcomeOf(status: OrderStatus): OrderOutcome['outcome'] | undefined {
  switch (status) {
    case 'queued':
    case 'awaiting_payment':
      return undefined
    case 'paid':
    case 'confirming':
    case 'confirmed':
      return 'paid'
    case 'expired':
      return 'expired'
    case 'canceled':
    case 'rejected':
      return 'canceled'
  }
}
