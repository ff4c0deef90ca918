import type { OrderOutcome } from '@kakilima/contracts/payment'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { storeTransition } from '@kakilima/kit/transition'
import { sql } from 'kysely'
import type { PaymentTables } from '../database.ts'
import type { PaymentRow } from './payment.ts'

/**
 * Lets payments follow how their orders ended. The payment that paid an order is completed; where the order was canceled after all, its
 * money is due to be given back. What else is open can't pay any more: expired with its order, or voided. Harmless when told twice or
 * out of order.
 */
export async function settlePayments(db: Db<PaymentTables>, orders: OrderOutcome[]): Promise<void> {
  const ids = (outcome: OrderOutcome['outcome']) =>
    orders.filter((order) => order.outcome === outcome).map((order) => order.order_id)
  const paying = (outcome: OrderOutcome['outcome']) =>
    orders.filter((order) => order.outcome === outcome).flatMap((order) => order.paid_by_payment_id ?? [])

  await inTransaction(db, async (tx) => {
    const none = { needsFollowUp: false }
    await lockPayments(
      tx,
      orders.map((order) => order.order_id),
    )
    await storeTransition<PaymentRow>(
      tx,
      'payment.completed',
      sql`
        update payments set state = 'completed', completed_at = clock_timestamp(), version = version + 1,
          updated_at = clock_timestamp()
        where id = any(${paying('paid')}::int8[]) and state = 'open'`,
      none,
    )
    await storeTransition<PaymentRow>(
      tx,
      'payment.refund_due',
      sql`
        update payments set state = 'refund_due', reason = 'order-canceled',
          completed_at = coalesce(completed_at, clock_timestamp()), refund_due_at = clock_timestamp(), version = version + 1,
          updated_at = clock_timestamp()
        where id = any(${paying('canceled')}::int8[]) and state in ('open', 'completed')`,
      none,
    )
    await storeTransition<PaymentRow>(
      tx,
      'payment.expired',
      sql`
        update payments set state = 'expired', version = version + 1, updated_at = clock_timestamp()
        where order_id = any(${ids('expired')}::int8[]) and state = 'open'`,
      none,
    )
    await storeTransition<PaymentRow>(
      tx,
      'payment.voided',
      sql`
        update payments set state = 'voided', version = version + 1, updated_at = clock_timestamp()
        where order_id = any(${[...ids('paid'), ...ids('canceled')]}::int8[]) and state = 'open'`,
      none,
    )
  })
}

// In one order, or two batches that tell of the same orders could wait for each other.
async function lockPayments(tx: Db<PaymentTables>, orderIds: number[]): Promise<void> {
  await sql`select from payments where order_id = any(${orderIds}::int8[]) order by id for no key update`.execute(tx)
}
