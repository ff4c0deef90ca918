import Type from 'typebox'
import { endpoints } from '../endpoint.ts'
import { IdPath } from '../ids.ts'
import { OrderedLine } from '../inventory.ts'
import { ShopOrder, ShopOrderQuery } from '../order/desk.ts'
import { IdempotencyHeaders, Order } from '../order/order.ts'

const NewOrder = Type.Object({ items: Type.Array(OrderedLine, { minItems: 1, maxItems: 100 }) })

const AcceptedOrder = Type.Object({
  message: Type.String(),
  order_id: Type.Integer(),
  status: Type.Literal('queued'),
  status_url: Type.String(),
})

/** What the gateway answers of orders in another way than the order service does: as the caller may see them. */
export const publicOrderEndpoints = endpoints({
  placeOrder: {
    method: 'POST',
    path: '/orders',
    public: true,
    summary: 'Order: answered as soon as the order is durable, decided a moment later',
    body: NewOrder,
    headers: IdempotencyHeaders,
    reply: AcceptedOrder,
    status: 202,
    idempotent: false,
    problems: ['idempotency-key-reused', 'too-many-requests', 'queue-unavailable'],
  },
  listOrders: {
    method: 'GET',
    path: '/orders',
    public: true,
    summary: "The caller's orders, newest first; for staff everybody's with their customers, by filters",
    query: ShopOrderQuery,
    reply: Type.Array(ShopOrder),
    page: ['before', 'after'],
  },
  findOrder: {
    method: 'GET',
    path: '/orders/:id',
    public: true,
    summary: 'One order; for staff with its customer',
    params: IdPath,
    reply: ShopOrder,
    problems: ['order-not-found'],
  },
  cancelOrder: {
    method: 'POST',
    path: '/orders/:id/cancellation',
    public: true,
    summary: 'Cancel an order',
    params: IdPath,
    reply: Order,
    idempotent: false,
    problems: ['order-not-found', 'order-state'],
  },
})
