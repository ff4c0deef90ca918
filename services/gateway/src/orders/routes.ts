import { publicOrderEndpoints } from '@kakilima/contracts/gateway/order-endpoints'
import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import { problem } from '@kakilima/contracts/problems'
import type { Server } from '@kakilima/kit/server'
import type { GatewayDeps } from '../app.ts'
import { callerOf } from '../auth/authorize.ts'
import { isReader, isStaff } from '../permissions.ts'
import { publish } from '../publish.ts'
import type { RateLimits } from '../rate-limits.ts'
import { placeOrder } from './place-order.ts'
import { changeableOrder, visibleOrder } from './visible-order.ts'

export function orderRoutes(app: Server, deps: GatewayDeps, { byCustomer }: RateLimits): void {
  const { orders } = deps

  publish(
    app,
    publicOrderEndpoints.placeOrder,
    async ({ body, headers }, request) => {
      const orderId = await placeOrder(deps, callerOf(request).userId, body.items, headers['idempotency-key'] ?? null)
      return {
        message: 'Order received and is being processed',
        order_id: orderId,
        status: 'queued' as const,
        status_url: `/api/v1/orders/${orderId}`,
      }
    },
    { preHandler: byCustomer },
  )

  publish(app, publicOrderEndpoints.listOrders, async ({ query }, request) => {
    const { userId, role } = callerOf(request)
    if (isReader(role)) return orders.listDeskOrders({ query })
    // Customers page through their own, whatever else they ask for.
    const { limit, before } = query
    return orders.listNewestOrders({ query: { limit, before, user_id: userId } })
  })

  publish(app, publicOrderEndpoints.findOrder, async ({ params }, request) => {
    const caller = callerOf(request)
    return isReader(caller.role) ? orders.findDeskOrder({ params }) : visibleOrder(deps, caller, params.id)
  })

  publish(app, publicOrderEndpoints.cancelOrder, async ({ params }, request) => {
    const caller = callerOf(request)
    const { status } = await changeableOrder(deps, caller, params.id)
    if (status === 'queued') throw problem('order-state', 'The order is queued: it can be canceled once it is decided')
    return orders.cancelOrder({ params, body: { by: isStaff(caller.role) ? 'staff' : 'customer' } })
  })

  publish(app, orderEndpoints.confirmOrders, orders.confirmOrders)

  publish(app, orderEndpoints.confirmOrder, async ({ params }, request) => {
    const { status } = await visibleOrder(deps, callerOf(request), params.id)
    if (status === 'queued') throw problem('order-not-paid', 'Order not paid yet')
    return orders.confirmOrder({ params })
  })
}
