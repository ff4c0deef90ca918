import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import { pageBy } from '@kakilima/kit/lists'
import { serve } from '@kakilima/kit/serve'
import type { Server } from '@kakilima/kit/server'
import type { OrderDeps } from '../app.ts'
import { cancelOrder } from './cancel-order.ts'
import { choosePaymentMethod } from './choose-payment-method.ts'
import { confirmOrder } from './confirm-order.ts'
import { confirmOrders } from './confirm-orders.ts'
import { findOrder } from './find-order.ts'
import { listNewestOrders, listOrders, listUnconfirmed } from './list-orders.ts'
import { presentOrder } from './order.ts'
import { orderDetails } from './order-details.ts'
import { payOrder } from './pay-order.ts'
import { setPaymentStatus } from './set-payment-status.ts'

export function orderRoutes(app: Server, deps: OrderDeps): void {
  const { db, queue } = deps

  serve(app, orderEndpoints.listOrders, async ({ query }) => pageBy('after', await listOrders(db, query)))
  serve(app, orderEndpoints.listNewestOrders, async ({ query }) =>
    pageBy('before', await listNewestOrders(deps, query)),
  )
  serve(app, orderEndpoints.findOrder, ({ params }) => findOrder(db, queue, params.id))
  serve(app, orderEndpoints.readOrderDetail, async ({ params }) => {
    const [detail] = await orderDetails(deps, [await findOrder(db, queue, params.id)])
    return detail!
  })
  serve(app, orderEndpoints.listOrdersOfUser, async ({ params }) =>
    orderDetails(deps, (await listOrders(db, { user_id: params.user_id })).rows),
  )
  serve(app, orderEndpoints.listUnconfirmed, async () => {
    const details = await orderDetails(deps, await listUnconfirmed(db))
    return details.map((detail) => ({ ...detail, payment_status: 'COMPLETED' as const }))
  })
  serve(app, orderEndpoints.setPaymentStatus, async ({ params, body }) => {
    await setPaymentStatus(deps, params.id, body.payment_status)
    return { message: 'Payment status updated successfully' }
  })
  serve(app, orderEndpoints.confirmOrder, async ({ params }) => {
    await confirmOrder(deps, params.id)
    return { message: 'Order confirmed successfully' }
  })
  serve(app, orderEndpoints.confirmOrders, async ({ body }) => ({ results: await confirmOrders(deps, body.order_ids) }))
  serve(app, orderEndpoints.cancelOrder, async ({ params, body }) =>
    presentOrder(await cancelOrder(deps, params.id, body.by)),
  )
  serve(app, orderEndpoints.choosePaymentMethod, async ({ params, body }) =>
    presentOrder(await choosePaymentMethod(deps, params.id, body.payment_method, body.by)),
  )
  serve(app, orderEndpoints.payOrder, ({ params, body }) => payOrder(db, params.id, body))
}
