import { IdPath } from '@kakilima/contracts/ids'
import { OrderIdPath } from '@kakilima/contracts/lists'
import { nullable } from '@kakilima/contracts/nullable'
import {
  OrderOutcomes,
  Payment,
  PaymentConfirmation,
  PaymentInput,
  PaymentListQuery,
  ReceiptInput,
} from '@kakilima/contracts/payment'
import { linkNextPage, page } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { PaymentDeps } from '../app.ts'
import { confirmPayment } from './confirm-payment.ts'
import { findPayment } from './find-payment.ts'
import { openPayment } from './open-payment.ts'
import { presentPayment } from './payment.ts'
import { recordReceipt } from './record-receipt.ts'
import { settlePayments } from './settle-payments.ts'

export function paymentRoutes(app: Server, deps: PaymentDeps): void {
  const { db } = deps

  app.post(
    '/payments',
    { schema: { summary: 'Begin to pay an order', body: PaymentInput, response: { 200: Payment, 201: Payment } } },
    async (request, reply) => {
      const { order_id, payment_method = 'CASH', by } = request.body
      const { payment, isNew } = await openPayment(deps, order_id, payment_method, by)
      return reply
        .code(isNew ? 201 : 200)
        .header('location', `/payments/${payment.id}`)
        .send(presentPayment(payment))
    },
  )

  app.post(
    '/payments/confirm',
    { schema: { summary: 'Complete a payment', body: PaymentConfirmation, response: { 200: Payment } } },
    async ({ body }) => presentPayment(await confirmPayment(deps, body.payment_id, body.by)),
  )

  app.get(
    '/payments',
    { schema: { summary: 'List payments', querystring: PaymentListQuery, response: { 200: Type.Array(Payment) } } },
    async (request, reply) => {
      const { order_id, state, ...paging } = request.query
      let query = db.selectFrom('payments').selectAll()
      if (order_id !== undefined) query = query.where('order_id', '=', order_id)
      if (state !== undefined) query = query.where('state', '=', state)
      const { rows, hasMore } = await page(query, 'id', paging)
      linkNextPage(request, reply, hasMore, rows.at(-1)?.id)
      return rows.map(presentPayment)
    },
  )

  app.get(
    '/payments/:id',
    { schema: { summary: 'One payment', params: IdPath, response: { 200: Payment } } },
    async (request) => presentPayment(await findPayment(db, request.params.id)),
  )

  app.get(
    '/payments/order/:order_id',
    {
      schema: {
        summary: 'The completed payment of an order, or null',
        params: OrderIdPath,
        response: { 200: nullable(Payment) },
      },
    },
    async (request, reply) => {
      const payment = await db
        .selectFrom('payments')
        .selectAll()
        .where('order_id', '=', request.params.order_id)
        .where('state', '=', 'completed')
        .executeTakeFirst()
      if (payment !== undefined) return presentPayment(payment)
      // Fastify sends nothing at all for null unless it is told what to send.
      return reply.type('application/json; charset=utf-8').serializer(JSON.stringify).send(null)
    },
  )

  app.post(
    '/payments/:id/receipt',
    { schema: { summary: 'The money has arrived', params: IdPath, body: ReceiptInput, response: { 200: Payment } } },
    async (request) => presentPayment(await recordReceipt(deps, request.params.id, request.body.reference.trim())),
  )

  app.post(
    '/payments/outcomes',
    {
      schema: {
        summary: 'How orders ended, told by the order service',
        body: OrderOutcomes,
        response: { 200: Type.Object({}) },
      },
    },
    async (request) => {
      await settlePayments(db, request.body.orders)
      return {}
    },
  )
}
