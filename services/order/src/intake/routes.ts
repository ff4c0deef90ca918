import { Order, OrderInput } from '@kakilima/contracts/order'
import { text } from '@kakilima/contracts/text'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { OrderDeps } from '../app.ts'
import { presentOrder } from '../orders/order.ts'
import { placeOrder } from './place-order.ts'

const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ ...text(255), minLength: 1, description: 'the same key and body of one user make one order' }),
  ),
})

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
