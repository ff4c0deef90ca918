import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import { serve } from '@kakilima/kit/serve'
import type { Server } from '@kakilima/kit/server'
import type { OrderDeps } from '../app.ts'
import { withCustomers } from '../desk/customers.ts'
import { presentParked } from './queued-order.ts'
import { rejectParkedOrder, replayParkedOrder } from './parked-orders.ts'

export function parkedRoutes(app: Server, deps: OrderDeps): void {
  serve(app, orderEndpoints.listParkedOrders, async () =>
    withCustomers(deps, (await deps.queue.parked()).map(presentParked)),
  )
  serve(app, orderEndpoints.replayParkedOrder, async ({ params }) => {
    await replayParkedOrder(deps, params.id)
    deps.wakeWorker()
    return { message: 'The order will be tried again' }
  })
  serve(app, orderEndpoints.rejectParkedOrder, async ({ params }) => {
    await rejectParkedOrder(deps, params.id)
    return { message: 'The order is rejected' }
  })
}
