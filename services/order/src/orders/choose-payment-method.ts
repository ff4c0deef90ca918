import type { AskedBy } from '@kakilima/contracts/asked-by'
import type { PaymentMethod } from '@kakilima/contracts/payment'
import type { Order } from '@kakilima/contracts/order/order'
import { problem } from '@kakilima/contracts/problems'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import type { Queue } from '@kakilima/queue/queue'
import { sql } from 'kysely'
import type { PaymentWindows } from '../config.ts'
import type { OrderTables } from '../database.ts'
import { windowOf } from '../payment-windows/window-of.ts'
import { findOrder } from './find-order.ts'
import { isPaid, type OrderRow } from './order.ts'

/**
 * Sets the deadline of an order to that of a payment method, counted from the reservation: choosing never restarts the clock. A method
 * whose time has run out already is refused and changes nothing.
 */
export async function choosePaymentMethod(
  { db, queue, windows }: { db: Db<OrderTables>; queue: Queue; windows: PaymentWindows },
  id: number,
  method: PaymentMethod,
  by: AskedBy = 'customer',
): Promise<OrderRow> {
  const choose = async (tx: Db<OrderTables>) => {
    const { rows } = await sql<OrderRow>`
      update orders set payment_method = ${method}, updated_at = clock_timestamp(),
        expires_at = case when seconds > 0 then reserved_at + seconds * interval '1 second' end
      from (select ${windowOf(windows, method)} as seconds) as payment_window
      where id = ${id} and status = 'awaiting_payment' and (expires_at is null or expires_at > clock_timestamp())
        and (seconds = 0 or reserved_at + seconds * interval '1 second' > clock_timestamp())
      returning orders.*`.execute(tx)
    return rows[0]
  }
  const order =
    by === 'staff'
      ? await changeAsStaff(db, { action: 'order.choose_payment_method', table: 'orders', id }, choose)
      : await choose(db)
  if (order !== undefined) return order
  throw notPayable(await findOrder(db, queue, id))
}

function notPayable({ status }: Order) {
  if (isPaid(status)) return problem('payment-exists', 'Payment for this order already exists')
  if (status === 'expired' || status === 'awaiting_payment') return problem('payment-expired', 'Payment expired')
  return problem('order-state', `The order is ${status} and cannot be paid`)
}
