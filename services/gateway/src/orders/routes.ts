import { Confirmations, ConfirmationsInput, ShopOrder, ShopOrderQuery } from '@kakilima/contracts/order/desk'
import { IdPath } from '@kakilima/contracts/ids'
import { OrderedLine } from '@kakilima/contracts/inventory'
import { MessageReply } from '@kakilima/contracts/lists'
import { IdempotencyHeaders, Order } from '@kakilima/contracts/order/order'
import { problem } from '@kakilima/contracts/problems'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import { callerOf } from '../auth/authorize.ts'
import { isReader, isStaff } from '../permissions.ts'
import { defaultPageSize, queryOf } from '../query.ts'
import type { RateLimits } from '../rate-limits.ts'
import { placeOrder } from './place-order.ts'
import { changeableOrder, visibleOrder } from './visible-order.ts'

const NewOrderBody = Type.Object({ items: Type.Array(OrderedLine, { minItems: 1, maxItems: 100 }) })

const Accepted = Type.Object({
  message: Type.String(),
  order_id: Type.Integer(),
  status: Type.Literal('queued'),
  status_url: Type.String(),
})

export function orderRoutes(app: Server, deps: GatewayDeps, { byCustomer }: RateLimits): void {
  const { desk, orders } = deps

  app.post(
    '/api/v1/orders',
    {
      preHandler: byCustomer,
      schema: {
        summary: 'Order: answered as soon as the order is durable, decided a moment later',
        body: NewOrderBody,
        headers: IdempotencyHeaders,
        response: { 202: Accepted },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request)
      const key = request.headers['idempotency-key'] ?? null
      const orderId = await placeOrder(deps, userId, request.body.items, key)
      reply.code(202)
      return {
        message: 'Order received and is being processed',
        order_id: orderId,
        status: 'queued' as const,
        status_url: `/api/v1/orders/${orderId}`,
      }
    },
  )

  app.get(
    '/api/v1/orders',
    {
      schema: {
        summary: "The caller's orders, newest first; for staff everybody's with their customers, by filters",
        querystring: ShopOrderQuery,
        response: { 200: Type.Array(ShopOrder) },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const { limit = defaultPageSize, before } = request.query
      // Customers page through their own, whatever else they ask for.
      const rows = isReader(caller.role)
        ? await desk.orders(queryOf({ ...request.query, limit }))
        : await orders.newest(queryOf({ limit, before, user_id: caller.userId }))
      const by = isReader(caller.role) && request.query.sort === 'oldest' ? 'after' : 'before'
      linkPage(request, reply, by, rows.length === limit ? rows.at(-1)?.id : undefined)
      return rows
    },
  )

  app.get(
    '/api/v1/orders/:id',
    { schema: { summary: 'One order; for staff with its customer', params: IdPath, response: { 200: ShopOrder } } },
    async (request) => {
      const caller = callerOf(request)
      return isReader(caller.role) ? desk.order(request.params.id) : visibleOrder(deps, caller, request.params.id)
    },
  )

  app.post(
    '/api/v1/orders/:id/cancellation',
    { schema: { summary: 'Cancel an order', params: IdPath, response: { 200: Order } } },
    async (request) => {
      const caller = callerOf(request)
      const { status } = await changeableOrder(deps, caller, request.params.id)
      if (status === 'queued')
        throw problem('order-state', 'The order is queued: it can be canceled once it is decided')
      return orders.cancel(request.params.id, isStaff(caller.role) ? 'staff' : 'customer')
    },
  )

  app.post(
    '/api/v1/orders/confirmations',
    {
      schema: {
        summary: 'Confirm paid orders together',
        body: ConfirmationsInput,
        response: { 200: Confirmations },
      },
    },
    async (request) => desk.confirm(request.body.order_ids),
  )

  app.put(
    '/api/v1/orders/:id/confirm',
    { schema: { summary: 'Confirm a paid order', params: IdPath, response: { 200: MessageReply } } },
    async (request) => {
      const { status } = await visibleOrder(deps, callerOf(request), request.params.id)
      if (status === 'queued') throw problem('order-not-paid', 'Order not paid yet')
      return orders.confirm(request.params.id)
    },
  )
}
