import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import type { Server } from '@kakilima/kit/server'
import type { GatewayDeps } from '../app.ts'
import { publish } from '../publish.ts'

/** What staff see and do of orders beyond what their customers may. */
export function deskRoutes(app: Server, { orders }: Pick<GatewayDeps, 'orders'>): void {
  publish(app, orderEndpoints.countWork, orders.countWork)
  publish(app, orderEndpoints.readTimeline, orders.readTimeline)
  publish(app, orderEndpoints.listOrderNotes, orders.listOrderNotes)
  publish(app, orderEndpoints.addOrderNote, orders.addOrderNote)
  publish(app, orderEndpoints.listParkedOrders, orders.listParkedOrders)
  publish(app, orderEndpoints.replayParkedOrder, orders.replayParkedOrder)
  publish(app, orderEndpoints.rejectParkedOrder, orders.rejectParkedOrder)
  publish(app, orderEndpoints.readPaymentWindows, orders.readPaymentWindows)
  publish(app, orderEndpoints.changePaymentWindows, orders.changePaymentWindows)
}
