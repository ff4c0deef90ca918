import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import { markDone } from '@kakilima/kit/outbox'
import { storeTransition } from '@kakilima/kit/transition'
import { sql } from 'kysely'
import type { PaymentTables } from '../database.ts'
import { askOrder, type PaymentVerbDeps } from './ask-order.ts'
import { findPayment } from './find-payment.ts'
import type { PaymentRow } from './payment.ts'

/**
 * Records that money has arrived, whatever became of the order meanwhile, and then asks the order. Money that pays nothing (any more) is
 * due to be given back: visible to staff, never lost. Recording the same again changes nothing.
 */
export async function recordReceipt(deps: PaymentVerbDeps, id: number, reference: string): Promise<PaymentRow> {
  await findPayment(deps.db, id)
  const [received] = await storeTransition<PaymentRow>(
    deps.db,
    'payment.received',
    sql`
      update payments set receipt = ${reference}, version = version + 1, updated_at = clock_timestamp()
      where id = ${id} and receipt is null and state in ('open', 'expired', 'voided')`,
    { needsFollowUp: true },
  )
  const payment = await finishReceipt(deps, id)
  if (payment.receipt !== null && payment.receipt !== reference) {
    throw problem('payment-state', `Other money has arrived for this payment already, as ${payment.receipt}`)
  }
  if (received !== undefined) await markDone(deps.db, [received.event_id])
  return payment
}

/** What follows from money that has arrived: it pays the order, or it is due to be given back. */
export async function finishReceipt(deps: PaymentVerbDeps, id: number): Promise<PaymentRow> {
  const before = await findPayment(deps.db, id)
  if (before.receipt === null || !['open', 'expired', 'voided'].includes(before.state)) return before
  const { orderStatus } = await askOrder(deps, before)
  await makeRefundDue(deps.db, id, orderStatus === 'expired' ? 'paid-too-late' : `order-${orderStatus}`)
  return findPayment(deps.db, id)
}

// Guarded: where the order took the payment, it is completed by now and stays so.
async function makeRefundDue(db: Db<PaymentTables>, id: number, reason: string): Promise<void> {
  await storeTransition<PaymentRow>(
    db,
    'payment.refund_due',
    sql`
      update payments set state = 'refund_due', reason = ${reason}, completed_at = clock_timestamp(),
        refund_due_at = clock_timestamp(), version = version + 1, updated_at = clock_timestamp()
      where id = ${id} and receipt is not null and state in ('open', 'expired', 'voided')`,
    { needsFollowUp: false },
  )
}
