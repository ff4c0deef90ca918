import type { Order } from '@kakilima/contracts/order/order'
import { problem } from '@kakilima/contracts/problems'
import type { OrderClient } from '@kakilima/contracts/order/endpoints'
import type { Caller } from '../auth/tokens.ts'
import { isReader, requireMayChange } from '../permissions.ts'

/** The order, if the caller may know of it: somebody else's is as if it were not there. */
export async function visibleOrder({ orders }: { orders: OrderClient }, caller: Caller, id: number): Promise<Order> {
  const order = await orders.findOrder({ params: { id } })
  if (order.user_id !== caller.userId && !isReader(caller.role)) throw problem('order-not-found', 'Order not found')
  return order
}

/** The order, if the caller may change it. Throws as above, and `forbidden` for a viewer who knows of it. */
export async function changeableOrder(deps: { orders: OrderClient }, caller: Caller, id: number): Promise<Order> {
  const order = await visibleOrder(deps, caller, id)
  requireMayChange(caller, order.user_id)
  return order
}
