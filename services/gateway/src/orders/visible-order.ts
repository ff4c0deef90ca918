import type { Order } from '@kakilima/contracts/order'
import { problem } from '@kakilima/contracts/problems'
import type { OrderDeskClient } from '@kakilima/contracts/shop-clients'
import type { Caller } from '../auth/tokens.ts'
import { isReader } from '../permissions.ts'

/** The order, if the caller may know of it: somebody else's is as if it were not there. */
export async function visibleOrder(
  { orders }: { orders: OrderDeskClient },
  caller: Caller,
  id: number,
): Promise<Order> {
  const order = await orders.get(id)
  if (order.user_id !== caller.userId && !isReader(caller.role)) throw problem('order-not-found', 'Order not found')
  return order
}
