import type { AskedBy } from '@kakilima/contracts/asked-by'
import type { PaidOrder } from '@kakilima/contracts/order/order'
import type { PaymentMethod } from '@kakilima/contracts/payment'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { storeTransition } from '@kakilima/kit/transition'
import { sql } from 'kysely'
import type { OrderTables } from '../database.ts'
import { findDecidedOrder } from './find-order.ts'
import type { OrderRow } from './order.ts'

/**
 * Lets a payment pay an order, if the order is still payable by the clock of this database. The order is the arbiter: exactly one
 * payment ever pays it, and never after its deadline. Returns how the order stands, whoever paid it.
 */
export async function payOrder(
  db: Db<OrderTables>,
  id: number,
  payment: { payment_id: number; payment_method: PaymentMethod; by?: AskedBy },
): Promise<PaidOrder> {
  const pay = (tx: Db<OrderTables>) =>
    storeTransition<OrderRow>(
      tx,
      'order.paid',
      sql`
        update orders set status = 'paid', paid_by_payment_id = ${payment.payment_id},
          payment_method = ${payment.payment_method}, paid_at = clock_timestamp(), version = version + 1,
          updated_at = clock_timestamp()
        where id = ${id} and status = 'awaiting_payment' and (expires_at is null or expires_at > clock_timestamp())`,
      { needsFollowUp: true },
    )
  // Staff who say that it is paid change something here, and all else follows from it.
  if (payment.by === 'staff') await changeAsStaff(db, { action: 'order.pay', table: 'orders', id }, pay)
  else await pay(db)
  const order = await findDecidedOrder(db, id)
  return {
    order_id: id,
    status: order.status,
    paid_by_payment_id: order.paid_by_payment_id,
    // What is still awaiting payment behind the guard above can only be late.
    deadline_passed: order.status === 'awaiting_payment',
  }
}
