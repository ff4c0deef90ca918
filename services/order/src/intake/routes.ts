import { IdempotencyHeaders, Order, OrderInput } from '@kakilima/contracts/order/order'
import type { Server } from '@kakilima/kit/server'
import type { OrderDeps } from '../app.ts'
import { presentOrder } from '../orders/order.ts'
import { placeOrder } from './place-order.ts'

export function intakeRoutes(app: Server, deps: OrderDeps): void {
  app.post(
    '/orders',
    {
      schema: {
        summary: 'Place an order and wait for its decision',
        body: OrderInput,
        headers: IdempotencyHeaders,
        response: { 201: Order },
      },
    },
    async (request, reply) => {
      const order = await placeOrder(deps, request.body, request.headers['idempotency-key'] ?? null)
      return reply.code(201).header('location', `/orders/${order.id}`).send(presentOrder(order))
    },
  )
}
