import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import { csvAnswer } from '@kakilima/kit/csv-answer'
import { pageBy } from '@kakilima/kit/lists'
import { serve } from '@kakilima/kit/serve'
import type { Server } from '@kakilima/kit/server'
import type { OrderDeps } from '../app.ts'
import { findOrder } from '../orders/find-order.ts'
import { withCustomers } from './customers.ts'
import { countWork } from './count-work.ts'
import { exportOrders } from './export-orders.ts'
import { listDeskOrders } from './list-desk-orders.ts'
import { addOrderNote, listOrderNotes } from './order-notes.ts'
import { readTimeline } from './read-timeline.ts'

/** Orders as staff see them. */
export function deskRoutes(app: Server, deps: OrderDeps): void {
  serve(app, orderEndpoints.listDeskOrders, async ({ query }) =>
    pageBy(query.sort === 'oldest' ? 'after' : 'before', await listDeskOrders(deps, query)),
  )
  serve(app, orderEndpoints.exportOrders, ({ query }, _request, reply) => csvAnswer(reply, exportOrders(deps, query)))
  serve(app, orderEndpoints.findDeskOrder, async ({ params }) => {
    const [order] = await withCustomers(deps, [await findOrder(deps.db, deps.queue, params.id)])
    return order!
  })
  serve(app, orderEndpoints.countWork, () => countWork(deps))
  serve(app, orderEndpoints.readTimeline, ({ params }) => readTimeline(deps, params.id))
  serve(app, orderEndpoints.listOrderNotes, async ({ params, query }) =>
    pageBy('after', await listOrderNotes(deps, params.id, query)),
  )
  serve(app, orderEndpoints.addOrderNote, ({ params, body }) => addOrderNote(deps, params.id, body.text))
}
