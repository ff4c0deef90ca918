import { IdPath } from '@kakilima/contracts/ids'
import { Payment, PaymentListQuery, PaymentMethod, RefundInput } from '@kakilima/contracts/payment'
import { problem } from '@kakilima/contracts/problems'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import { callerOf } from '../auth/authorize.ts'
import { visibleOrder } from '../orders/visible-order.ts'
import { isStaff } from '../permissions.ts'

const NewPaymentBody = Type.Object({ payment_method: Type.Optional(PaymentMethod) })
const defaultLimit = 100

export function paymentRoutes(app: Server, deps: GatewayDeps): void {
  const { payments } = deps

  app.post(
    '/api/v1/orders/:id/payments',
    { schema: { summary: 'Begin to pay an order', params: IdPath, body: NewPaymentBody, response: { 201: Payment } } },
    async (request, reply) => {
      const order = await visibleOrder(deps, callerOf(request), request.params.id)
      const payment = await payments.open(order.id, request.body.payment_method ?? 'CASH')
      return reply.code(201).send(payment)
    },
  )

  app.post(
    '/api/v1/payments/:id/confirm',
    { schema: { summary: 'Say that it is paid', params: IdPath, response: { 200: Payment } } },
    async (request) => {
      const caller = callerOf(request)
      const payment = await payments.get(request.params.id)
      if (!isStaff(caller.role)) {
        if (payment.user_id !== caller.userId) throw problem('payment-not-found', 'Payment not found')
        // Nobody's own word is money, but with the simulator.
        if (payment.provider !== 'simulator') throw problem('payment-state', `${payment.provider} says when it is paid`)
      }
      return payments.confirm(payment.id)
    },
  )

  app.get(
    '/api/v1/payments',
    { schema: { summary: 'All payments', querystring: PaymentListQuery, response: { 200: Type.Array(Payment) } } },
    async (request, reply) => {
      const { limit = defaultLimit, after = 0 } = request.query
      const query = new URLSearchParams()
      for (const [name, value] of Object.entries({ ...request.query, limit, after })) query.set(name, String(value))
      const rows = await payments.page(query.toString())
      linkPage(request, reply, 'after', rows.length === limit ? rows.at(-1)?.id : undefined)
      return rows
    },
  )

  app.post(
    '/api/v1/payments/:id/refund',
    {
      schema: {
        summary: 'Note that money was given back',
        params: IdPath,
        body: RefundInput,
        response: { 200: Payment },
      },
    },
    async (request) => payments.refund(request.params.id, request.body.reference),
  )
}
