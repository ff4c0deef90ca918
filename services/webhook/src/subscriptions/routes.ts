import { publicEventTypes, sourceOf } from '@kakilima/contracts/events'
import { IdPath } from '@kakilima/contracts/ids'
import { MessageReply } from '@kakilima/contracts/lists'
import {
  EventTypeDescription,
  NewSecret,
  NewSubscription,
  Subscription,
  SubscriptionChange,
  SubscriptionInput,
} from '@kakilima/contracts/webhooks'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { WebhookDeps } from '../app.ts'
import { changeSubscription } from './change-subscription.ts'
import { createSubscription } from './create-subscription.ts'
import { deleteSubscription } from './delete-subscription.ts'
import { findSubscription, listSubscriptions } from './present-subscriptions.ts'
import { renewSecret } from './renew-secret.ts'
import { requestSync } from './sync-products.ts'

export function subscriptionRoutes(app: Server, { config, db, feeds, onChanged }: WebhookDeps): void {
  const needsTls = config.NODE_ENV === 'production'

  app.get(
    '/event-types',
    { schema: { summary: 'What can be subscribed to', response: { 200: Type.Array(EventTypeDescription) } } },
    async () => publicEventTypes.map((type) => ({ type, source: sourceOf(type) })),
  )

  app.get(
    '/subscriptions',
    { schema: { summary: 'All subscriptions', response: { 200: Type.Array(Subscription) } } },
    async () => listSubscriptions(db),
  )

  app.post(
    '/subscriptions',
    {
      schema: {
        summary: 'Tell a receiver of events from now on',
        body: SubscriptionInput,
        response: { 201: NewSubscription },
      },
    },
    async (request, reply) => {
      const subscription = await createSubscription(db, feeds, request.body, needsTls)
      onChanged()
      return reply.code(201).header('location', `/subscriptions/${subscription.id}`).send(subscription)
    },
  )

  app.get(
    '/subscriptions/:id',
    { schema: { summary: 'One subscription', params: IdPath, response: { 200: Subscription } } },
    async (request) => findSubscription(db, request.params.id),
  )

  app.put(
    '/subscriptions/:id',
    {
      schema: {
        summary: 'Change a subscription',
        params: IdPath,
        body: SubscriptionChange,
        response: { 200: Subscription },
      },
    },
    async (request) => {
      await changeSubscription(db, feeds, request.params.id, request.body, needsTls)
      onChanged()
      return findSubscription(db, request.params.id)
    },
  )

  app.delete(
    '/subscriptions/:id',
    { schema: { summary: 'Tell a receiver of nothing more', params: IdPath, response: { 200: MessageReply } } },
    async (request) => {
      await deleteSubscription(db, request.params.id)
      onChanged()
      return { message: 'Subscription deleted successfully' }
    },
  )

  app.post(
    '/subscriptions/:id/secret',
    {
      schema: {
        summary: 'A new secret. The former one signs as well for 24 hours',
        params: IdPath,
        response: { 200: NewSecret },
      },
    },
    async (request) => renewSecret(db, request.params.id),
  )

  app.post(
    '/subscriptions/:id/sync',
    {
      schema: {
        summary: 'Send all products as they are now, as product.updated',
        params: IdPath,
        response: { 202: Subscription },
      },
    },
    async (request, reply) => {
      await requestSync(db, request.params.id)
      onChanged()
      return reply.code(202).send(await findSubscription(db, request.params.id))
    },
  )
}
