import type { PaymentClient } from '@kakilima/contracts/clients'
import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import type { OrderTables } from '../database.ts'
import { findDecidedOrder } from './find-order.ts'
import { isPaid } from './order.ts'

/**
 * What old admin pages do: `true` records and completes a cash payment, so that a paid order always has one; `false` is allowed only
 * where nothing was paid. Throws what the payment service says where the order can't be paid.
 */
export async function setPaymentStatus(
  deps: { db: Db<OrderTables>; payments: PaymentClient },
  id: number,
  shouldBePaid: boolean,
): Promise<void> {
  const order = await findDecidedOrder(deps.db, id)
  if (isPaid(order.status) === shouldBePaid) return
  if (!shouldBePaid) throw problem('order-state', 'A paid order cannot become unpaid: cancel it instead')
  const payment = await deps.payments.open(id, 'CASH', 'staff')
  await deps.payments.confirm(payment.id, 'staff')
}
