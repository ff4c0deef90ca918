import { IdPath } from '@kakilima/contracts/ids'
import { Delivery, DeliveryDetail, DeliveryListQuery, ResendInput, ResendReply } from '@kakilima/contracts/webhooks'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { WebhookDeps } from '../app.ts'
import { presentDelivery } from './delivery.ts'
import { deliveryRow, findDelivery, listDeliveries } from './list-deliveries.ts'
import { resendDelivery, resendParked } from './resend.ts'

export function deliveryRoutes(app: Server, { db, onChanged }: WebhookDeps): void {
  app.get(
    '/deliveries',
    {
      schema: {
        summary: 'Deliveries, newest first',
        querystring: DeliveryListQuery,
        response: { 200: Type.Array(Delivery) },
      },
    },
    async (request, reply) => {
      const { rows, hasMore } = await listDeliveries(db, request.query)
      linkPage(request, reply, 'before', hasMore ? rows.at(-1)?.id : undefined)
      return rows
    },
  )

  app.get(
    '/deliveries/:id',
    {
      schema: {
        summary: 'One delivery, with what was sent and answered',
        params: IdPath,
        response: { 200: DeliveryDetail },
      },
    },
    async (request) => findDelivery(db, request.params.id),
  )

  app.post(
    '/deliveries/:id/resend',
    { schema: { summary: 'Send it again', params: IdPath, response: { 200: Delivery } } },
    async (request) => {
      await resendDelivery(db, request.params.id)
      onChanged()
      return presentDelivery(await deliveryRow(db, request.params.id))
    },
  )

  app.post(
    '/subscriptions/:id/resend',
    {
      schema: {
        summary: 'Send again what was given up, the oldest 10,000 at most',
        params: IdPath,
        body: ResendInput,
        response: { 200: ResendReply },
      },
    },
    async (request) => {
      const resent = await resendParked(db, request.params.id)
      onChanged()
      return { resent }
    },
  )
}
