import type { AskedBy } from '@kakilima/contracts/asked-by'
import { problem } from '@kakilima/contracts/problems'
import type { PaymentProvider } from '../providers/provider.ts'
import { askOrder, type PaymentVerbDeps } from './ask-order.ts'
import { findPayment } from './find-payment.ts'
import type { PaymentRow } from './payment.ts'

/**
 * Completes a payment on the word of the payer (simulator) or of staff (cash, bank transfer). What counts is who may say so in this shop
 * now: a payment that was begun with the simulator is worth nothing once the shop takes real money. Whoever calls without saying who asks
 * is on the internal network, and is staff where payers are not believed. No money has moved unless this succeeds: the order is asked
 * first. Confirming again returns the same payment and pays once.
 */
export async function confirmPayment(
  deps: PaymentVerbDeps & { provider: PaymentProvider },
  id: number,
  by?: AskedBy,
): Promise<PaymentRow> {
  const before = await findPayment(deps.db, id)
  const believesPayers = deps.provider.confirmedBy.includes('payer')
  const isHanded = before.payment_method === 'CASH' || before.payment_method === 'BANK_TRANSFER'
  if (!believesPayers && (!isHanded || by === 'customer')) {
    const confirmer = isHanded ? 'staff' : before.provider
    throw problem('payment-state', `${before.payment_method} payments are confirmed by ${confirmer}`)
  }
  if (before.state === 'completed') return before
  if (before.state !== 'open') throw await whyNot(deps, before)
  const { payment, orderStatus } = await askOrder(deps, before, believesPayers ? (by ?? 'customer') : 'staff')
  if (payment.state === 'completed') return payment
  if (payment.state === 'open') throw problem('order-state', `The order is ${orderStatus} and cannot be paid`)
  throw await whyNot(deps, payment)
}

async function whyNot({ orders }: PaymentVerbDeps, { state, order_id }: PaymentRow) {
  switch (state) {
    case 'expired':
      return problem('payment-expired', 'Payment expired')
    case 'voided': {
      // Because another payment was faster, or because the order was canceled.
      const order = await orders.findOrder({ params: { id: order_id } })
      if (order.payment_status) return problem('payment-exists', 'Payment for this order already exists')
      return problem('order-state', `The order is ${order.status} and cannot be paid`)
    }
    case 'open':
    case 'completed':
    case 'refund_due':
    case 'refunded':
      return problem('payment-state', `The payment is ${state} and cannot be confirmed`)
  }
}
