import { problem } from '@kakilima/contracts/problems'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { storeTransition } from '@kakilima/kit/transition'
import { sql } from 'kysely'
import type { PaymentTables } from '../database.ts'
import { findPayment } from '../payments/find-payment.ts'
import type { PaymentRow } from '../payments/payment.ts'

/** Notes that money was given back, under the reference of the transfer. The same reference again changes nothing. */
export async function recordRefund(db: Db<PaymentTables>, id: number, reference: string): Promise<PaymentRow> {
  const trimmed = reference.trim()
  const [refunded] = await changeAsStaff(db, { action: 'payment.refund', table: 'payments', id }, (tx) =>
    storeTransition<PaymentRow>(
      tx,
      'payment.refunded',
      sql`
        update payments set state = 'refunded', refund_reference = ${trimmed}, refunded_at = clock_timestamp(), version = version + 1,
          updated_at = clock_timestamp()
        where id = ${id} and state = 'refund_due'`,
      { needsFollowUp: false },
    ),
  )
  const payment = await findPayment(db, id)
  if (refunded === undefined && payment.refund_reference !== trimmed) {
    throw problem('payment-state', `The payment is ${payment.state}: no refund is due`)
  }
  return payment
}
