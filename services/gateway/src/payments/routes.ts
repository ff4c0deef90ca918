import { IdPath } from '@kakilima/contracts/ids'
import { Payment, PaymentListQuery, PaymentMethod, RefundInput } from '@kakilima/contracts/payment'
import { problem } from '@kakilima/contracts/problems'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import { callerOf } from '../auth/authorize.ts'
import { changeableOrder } from '../orders/visible-order.ts'
import { isReader, isStaff, requireMayChange } from '../permissions.ts'
import { defaultPageSize, queryOf } from '../query.ts'

const NewPaymentBody = Type.Object({ payment_method: Type.Optional(PaymentMethod) })

export function paymentRoutes(app: Server, deps: GatewayDeps): void {
  const { payments } = deps

  app.post(
    '/api/v1/orders/:id/payments',
    { schema: { summary: 'Begin to pay an order', params: IdPath, body: NewPaymentBody, response: { 201: Payment } } },
    async (request, reply) => {
      const caller = callerOf(request)
      const order = await changeableOrder(deps, caller, request.params.id)
      const by = isStaff(caller.role) ? 'staff' : 'customer'
      const payment = await payments.open(order.id, request.body.payment_method ?? 'CASH', by)
      return reply.code(201).send(payment)
    },
  )

  app.post(
    '/api/v1/payments/:id/confirm',
    { schema: { summary: 'Say that it is paid', params: IdPath, response: { 200: Payment } } },
    async (request) => {
      const caller = callerOf(request)
      const payment = await payments.get(request.params.id)
      if (isStaff(caller.role)) return payments.confirm(payment.id, 'staff')
      if (payment.user_id !== caller.userId && !isReader(caller.role))
        throw problem('payment-not-found', 'Payment not found')
      requireMayChange(caller, payment.user_id)
      // Nobody's own word is money, but with the simulator; whether this shop still believes it, the payment service says.
      if (payment.provider !== 'simulator') throw problem('payment-state', `${payment.provider} says when it is paid`)
      return payments.confirm(payment.id, 'customer')
    },
  )

  app.get(
    '/api/v1/payments',
    { schema: { summary: 'All payments', querystring: PaymentListQuery, response: { 200: Type.Array(Payment) } } },
    async (request, reply) => {
      const { limit = defaultPageSize, after = 0, order_id, state } = request.query
      const rows = await payments.page(queryOf({ limit, after, order_id, state }))
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
