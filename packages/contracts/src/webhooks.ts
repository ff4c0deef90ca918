import Type, { type Static } from 'typebox'
import { eventSources, eventTypes, publicEventTypes } from './events.ts'
import { Id } from './ids.ts'
import { nullable } from './nullable.ts'
import { text, Timestamp } from './text.ts'

const families = [...new Set(publicEventTypes.map((type) => type.split('.', 1)[0]!))]

/** What a subscription may ask for: a type, all types of a family (`product.*`), or all of them (`*`). */
const eventPatterns = ['*', ...families.map((family) => `${family}.*`), ...publicEventTypes]

const EventPatterns = Type.Array(Type.Enum(eventPatterns), {
  minItems: 1,
  maxItems: eventPatterns.length,
  examples: [['product.*', 'stock.changed']],
})

const Url = Type.String({
  minLength: 1,
  maxLength: 2000,
  pattern: '^[^\\s\\u0000]+$',
  description: 'http or https, no user and no password in it, and no private address',
})

export const SubscriptionInput = Type.Object({
  url: Url,
  event_types: EventPatterns,
  description: Type.Optional(text(500)),
  is_active: Type.Optional(Type.Boolean()),
})
export type SubscriptionInput = Static<typeof SubscriptionInput>

export const SubscriptionChange = Type.Object({
  url: Type.Optional(Url),
  event_types: Type.Optional(EventPatterns),
  description: Type.Optional(text(500)),
  is_active: Type.Optional(Type.Boolean()),
})
export type SubscriptionChange = Static<typeof SubscriptionChange>

/** A receiver of events and what it wants. Its secret is told when it is made, and never again. */
export const Subscription = Type.Object({
  id: Id,
  kind: Type.Enum(['webhook', 'directus'], { description: '`directus`: products are written into a Directus' }),
  source: Type.Enum(['staff', 'environment'], {
    description: 'who named it; what the environment names staff only read',
  }),
  url: Type.String(),
  event_types: Type.Array(Type.String()),
  description: Type.String(),
  is_active: Type.Boolean(),
  inactive_reason: nullable(Type.String({ description: 'why it is not active any more, where staff did not say so' })),
  is_syncing: Type.Boolean({ description: 'whether all present products are being queued for it' }),
  waiting: Type.Integer({ description: 'deliveries that are still to be made' }),
  parked: Type.Integer({ description: 'deliveries that were given up' }),
  last_success_at: nullable(Timestamp),
  last_failure_at: nullable(Timestamp),
  events_missed_at: nullable(
    Type.String({ description: 'when events were lost for it, because this service was away for too long' }),
  ),
  version: Type.Integer(),
  created_at: Timestamp,
  updated_at: Timestamp,
})
export type Subscription = Static<typeof Subscription>

const Secret = Type.String({ description: '`whsec_` and base64. It is not shown again' })

export const NewSubscription = Type.Object({ ...Subscription.properties, secret: Secret })
export type NewSubscription = Static<typeof NewSubscription>

export const NewSecret = Type.Object({
  secret: Secret,
  previous_secret_until: Type.String({ description: 'until when messages are signed with the former secret, too' }),
})
export type NewSecret = Static<typeof NewSecret>

const DeliveryState = Type.Enum(['waiting', 'delivered', 'parked', 'superseded'], {
  description:
    '`waiting`: to be sent, or to be tried again. `parked`: given up. `superseded`: tried without success, and not needed ' +
    'any more since a newer `stock.changed` of the product came',
})

/** One event for one receiver. */
export const Delivery = Type.Object({
  id: Id,
  subscription_id: Id,
  event_id: Type.String({ description: 'the `webhook-id`, the same at each try' }),
  event_type: Type.String(),
  subject: Type.String({ examples: ['product:5'] }),
  state: DeliveryState,
  attempts: Type.Integer({ description: 'since it was queued, or queued again' }),
  due_at: nullable(Type.String({ description: 'when it is tried next; null once it is not waiting any more' })),
  sent_at: nullable(Type.String({ description: 'when it was tried last' })),
  duration_ms: nullable(Type.Integer()),
  response_status: nullable(Type.Integer()),
  error: nullable(Type.String()),
  created_at: Timestamp,
})
export type Delivery = Static<typeof Delivery>

/** A delivery with what was sent and answered at the last try. */
export const DeliveryDetail = Type.Object({
  ...Delivery.properties,
  request: nullable(
    Type.Object({
      method: Type.String(),
      url: Type.String(),
      headers: Type.Record(Type.String(), Type.String()),
      body: nullable(Type.String()),
    }),
  ),
  response: nullable(
    Type.Object({ status: Type.Integer(), body: Type.String({ description: 'the first 2,000 bytes' }) }),
  ),
})
export type DeliveryDetail = Static<typeof DeliveryDetail>

/** Newest first. The next page is the one before the last id. */
export const DeliveryListQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  before: Type.Optional(Id),
  subscription_id: Type.Optional(Id),
  state: Type.Optional(DeliveryState),
  event_type: Type.Optional(Type.Enum([...eventTypes])),
})
export type DeliveryListQuery = Static<typeof DeliveryListQuery>

/** Which deliveries of a subscription are to be sent again. */
export const ResendInput = Type.Object({ state: Type.Enum(['parked']) })
export const ResendReply = Type.Object({ resent: Type.Integer({ description: 'how many deliveries wait again' }) })

export const EventTypeDescription = Type.Object({ type: Type.String(), source: Type.Enum([...eventSources]) })

/** The body of a message. */
export type WebhookMessage = { id: string; type: string; occurred_at: string; data: unknown }
