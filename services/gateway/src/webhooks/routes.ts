import { IdPath } from '@kakilima/contracts/ids'
import { MessageReply } from '@kakilima/contracts/lists'
import {
  Delivery,
  DeliveryDetail,
  DeliveryListQuery,
  EventTypeDescription,
  NewSecret,
  NewSubscription,
  ResendInput,
  ResendReply,
  Subscription,
  SubscriptionChange,
  SubscriptionInput,
} from '@kakilima/contracts/webhooks'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import { defaultPageSize, queryOf } from '../query.ts'

const base = '/api/v1/webhooks'

export function webhookRoutes(app: Server, { webhooks }: GatewayDeps): void {
  app.get(
    `${base}/event-types`,
    { schema: { summary: 'What can be subscribed to', response: { 200: Type.Array(EventTypeDescription) } } },
    async () => webhooks.eventTypes(),
  )

  app.get(
    `${base}/subscriptions`,
    { schema: { summary: 'Who is told of events', response: { 200: Type.Array(Subscription) } } },
    async () => webhooks.list(),
  )

  app.post(
    `${base}/subscriptions`,
    {
      schema: {
        summary: 'Tell a receiver of events from now on. Its secret is shown here and never again',
        body: SubscriptionInput,
        response: { 201: NewSubscription },
      },
    },
    async (request, reply) => {
      const subscription = await webhooks.create(request.body)
      return reply.code(201).header('location', `${base}/subscriptions/${subscription.id}`).send(subscription)
    },
  )

  app.get(
    `${base}/subscriptions/:id`,
    { schema: { summary: 'One subscription', params: IdPath, response: { 200: Subscription } } },
    async (request) => webhooks.get(request.params.id),
  )

  app.put(
    `${base}/subscriptions/:id`,
    {
      schema: {
        summary: 'Change a subscription',
        params: IdPath,
        body: SubscriptionChange,
        response: { 200: Subscription },
      },
    },
    async (request) => webhooks.change(request.params.id, request.body),
  )

  app.delete(
    `${base}/subscriptions/:id`,
    { schema: { summary: 'Tell a receiver of nothing more', params: IdPath, response: { 200: MessageReply } } },
    async (request) => webhooks.delete(request.params.id),
  )

  app.post(
    `${base}/subscriptions/:id/secret`,
    {
      schema: {
        summary: 'A new secret. The former one signs as well for 24 hours',
        params: IdPath,
        response: { 200: NewSecret },
      },
    },
    async (request) => webhooks.renewSecret(request.params.id),
  )

  app.post(
    `${base}/subscriptions/:id/sync`,
    {
      schema: {
        summary: 'Send all products as they are now, as product.updated',
        params: IdPath,
        response: { 202: Subscription },
      },
    },
    async (request, reply) => reply.code(202).send(await webhooks.sync(request.params.id)),
  )

  app.post(
    `${base}/subscriptions/:id/resend`,
    {
      schema: {
        summary: 'Send again what was given up, the oldest 10,000 at most',
        params: IdPath,
        body: ResendInput,
        response: { 200: ResendReply },
      },
    },
    async (request) => webhooks.resendParked(request.params.id),
  )

  app.get(
    `${base}/deliveries`,
    {
      schema: {
        summary: 'What was sent to receivers, newest first',
        querystring: DeliveryListQuery,
        response: { 200: Type.Array(Delivery) },
      },
    },
    async (request, reply) => {
      const { limit = defaultPageSize, before, subscription_id, state, event_type } = request.query
      const rows = await webhooks.deliveries(queryOf({ limit, before, subscription_id, state, event_type }))
      linkPage(request, reply, 'before', rows.length === limit ? rows.at(-1)?.id : undefined)
      return rows
    },
  )

  app.get(
    `${base}/deliveries/:id`,
    {
      schema: {
        summary: 'One delivery, with what was sent and answered',
        params: IdPath,
        response: { 200: DeliveryDetail },
      },
    },
    async (request) => webhooks.delivery(request.params.id),
  )

  app.post(
    `${base}/deliveries/:id/resend`,
    { schema: { summary: 'Send it again', params: IdPath, response: { 200: Delivery } } },
    async (request) => webhooks.resend(request.params.id),
  )
}
