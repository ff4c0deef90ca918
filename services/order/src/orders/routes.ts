import { IdPath } from '@kakilima/contracts/ids'
import { MessageReply, UserIdPath } from '@kakilima/contracts/lists'
import {
  CancellationInput,
  NewestOrdersQuery,
  Order,
  OrderDetail,
  OrderListQuery,
  PaidOrder,
  PaymentMethodChoice,
  PaymentOfOrder,
  PaymentStatusInput,
  UnconfirmedOrder,
} from '@kakilima/contracts/order/order'
import { linkNextPage, linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { OrderDeps } from '../app.ts'
import { cancelOrder } from './cancel-order.ts'
import { choosePaymentMethod } from './choose-payment-method.ts'
import { confirmOrder } from './confirm-order.ts'
import { findOrder } from './find-order.ts'
import { listNewestOrders, listOrders, listUnconfirmed } from './list-orders.ts'
import { presentOrder } from './order.ts'
import { orderDetails } from './order-details.ts'
import { payOrder } from './pay-order.ts'
import { setPaymentStatus } from './set-payment-status.ts'

export function orderRoutes(app: Server, deps: OrderDeps): void {
  const { db, queue } = deps

  app.get(
    '/orders',
    { schema: { summary: 'List orders', querystring: OrderListQuery, response: { 200: Type.Array(Order) } } },
    async (request, reply) => {
      const { rows, hasMore } = await listOrders(db, request.query)
      linkNextPage(request, reply, hasMore, rows.at(-1)?.id)
      return rows
    },
  )

  app.get(
    '/orders/newest',
    {
      schema: { summary: 'Orders, newest first', querystring: NewestOrdersQuery, response: { 200: Type.Array(Order) } },
    },
    async (request, reply) => {
      const { rows, hasMore } = await listNewestOrders(deps, request.query)
      linkPage(request, reply, 'before', hasMore ? rows.at(-1)?.id : undefined)
      return rows
    },
  )

  app.get(
    '/orders/:id',
    { schema: { summary: 'One order, decided or queued', params: IdPath, response: { 200: Order } } },
    async (request) => findOrder(db, queue, request.params.id),
  )

  app.get(
    '/orders/:id/detail',
    { schema: { summary: 'One order with its customer and product', params: IdPath, response: { 200: OrderDetail } } },
    async (request) => {
      const [detail] = await orderDetails(deps, [await findOrder(db, queue, request.params.id)])
      return detail!
    },
  )

  app.get(
    '/orders/user/:user_id',
    { schema: { summary: "A customer's orders", params: UserIdPath, response: { 200: Type.Array(OrderDetail) } } },
    async (request) => orderDetails(deps, (await listOrders(db, { user_id: request.params.user_id })).rows),
  )

  app.get(
    '/orders/unconfirmed/list',
    { schema: { summary: 'Paid orders that wait for staff', response: { 200: Type.Array(UnconfirmedOrder) } } },
    async () => {
      const details = await orderDetails(deps, await listUnconfirmed(db))
      return details.map((detail) => ({ ...detail, payment_status: 'COMPLETED' as const }))
    },
  )

  app.put(
    '/orders/:id/payment',
    {
      schema: {
        summary: 'Record a cash payment',
        params: IdPath,
        body: PaymentStatusInput,
        response: { 200: MessageReply },
      },
    },
    async (request) => {
      await setPaymentStatus(deps, request.params.id, request.body.payment_status)
      return { message: 'Payment status updated successfully' }
    },
  )

  app.put(
    '/orders/:id/confirm',
    { schema: { summary: 'Confirm a paid order', params: IdPath, response: { 200: MessageReply } } },
    async (request) => {
      await confirmOrder(deps, request.params.id)
      return { message: 'Order confirmed successfully' }
    },
  )

  app.post(
    '/orders/:id/cancellation',
    { schema: { summary: 'Cancel an order', params: IdPath, body: CancellationInput, response: { 200: Order } } },
    async (request) => presentOrder(await cancelOrder(deps, request.params.id, request.body.by)),
  )

  app.put(
    '/orders/:id/payment-method',
    {
      schema: {
        summary: "Set the deadline to a payment method's",
        params: IdPath,
        body: PaymentMethodChoice,
        response: { 200: Order },
      },
    },
    async ({ params, body }) => presentOrder(await choosePaymentMethod(deps, params.id, body.payment_method, body.by)),
  )

  app.post(
    '/orders/:id/payments',
    {
      schema: {
        summary: 'May this payment pay the order?',
        params: IdPath,
        body: PaymentOfOrder,
        response: { 200: PaidOrder },
      },
    },
    async (request) => payOrder(db, request.params.id, request.body),
  )
}
