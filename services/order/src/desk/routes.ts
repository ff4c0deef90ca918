import { Confirmations, ConfirmationsInput, DeskOrder, DeskOrderQuery } from '@kakilima/contracts/desk'
import { IdPath } from '@kakilima/contracts/ids'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { OrderDeps } from '../app.ts'
import { confirmOrders } from '../orders/confirm-orders.ts'
import { findOrder } from '../orders/find-order.ts'
import { withCustomers } from './customers.ts'
import { listDeskOrders } from './list-desk-orders.ts'

/** Orders as staff see them. */
export function deskRoutes(app: Server, deps: OrderDeps): void {
  const { db, queue } = deps

  app.get(
    '/desk/orders',
    {
      schema: {
        summary: 'Orders by filters, with their customers',
        querystring: DeskOrderQuery,
        response: { 200: Type.Array(DeskOrder) },
      },
    },
    async (request, reply) => {
      const { rows, hasMore } = await listDeskOrders(deps, request.query)
      const by = request.query.sort === 'oldest' ? 'after' : 'before'
      linkPage(request, reply, by, hasMore ? rows.at(-1)?.id : undefined)
      return rows
    },
  )

  app.get(
    '/desk/orders/:id',
    { schema: { summary: 'One order with its customer', params: IdPath, response: { 200: DeskOrder } } },
    async (request) => {
      const [order] = await withCustomers(deps, [await findOrder(db, queue, request.params.id)])
      return order!
    },
  )

  app.post(
    '/orders/confirmations',
    { schema: { summary: 'Confirm orders together', body: ConfirmationsInput, response: { 200: Confirmations } } },
    async (request) => ({ results: await confirmOrders(deps, request.body.order_ids) }),
  )
}
