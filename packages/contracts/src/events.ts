import Type, { type Static } from 'typebox'
import { Id } from './ids.ts'
import { Timestamp } from './text.ts'

/** Everything that services tell each other. Each state change of an order or a payment has exactly one. */
export const eventTypes = [
  'product.created',
  'product.updated',
  'product.deleted',
  'stock.changed',
  'order.placed',
  'order.rejected',
  'order.paid',
  'order.confirming',
  'order.confirmed',
  'order.expired',
  'order.canceled',
  'payment.opened',
  'payment.received',
  'payment.completed',
  'payment.expired',
  'payment.voided',
  'payment.refund_due',
  'payment.refunded',
] as const

export type EventType = (typeof eventTypes)[number]

/** Steps on the way that nobody outside can act on. */
const internalTypes = new Set<EventType>(['order.confirming', 'payment.opened', 'payment.received'])

/** What receivers of webhooks can subscribe to. */
export const publicEventTypes = eventTypes.filter((type) => !internalTypes.has(type))

/** The services that have events. Each numbers its own. */
export const eventSources = ['inventory', 'order', 'payment'] as const
export type EventSource = (typeof eventSources)[number]

/** Which service tells of events of a type. */
export function sourceOf(type: EventType): EventSource {
  if (type.startsWith('order.')) return 'order'
  return type.startsWith('payment.') ? 'payment' : 'inventory'
}

/** One event as its service hands it out. */
export const ShopEvent = Type.Object({
  id: Id,
  type: Type.Enum([...eventTypes]),
  subject_id: Type.Integer({ description: 'the product, order or payment that changed' }),
  version: Type.Integer({ description: 'of the subject; grows with each change of it' }),
  occurred_at: Timestamp,
  data: Type.Any({
    description: 'the subject as the change left it; of stock.changed and product.deleted only what changed',
  }),
})
export type ShopEvent = Static<typeof ShopEvent>

/** The data of `stock.changed`. */
export const StockChange = Type.Object({
  id: Id,
  version: Type.Integer(),
  stock: Type.Integer({ description: 'units on hand' }),
  reserved: Type.Integer({ description: 'units promised to open orders' }),
  available: Type.Integer({ description: 'stock - reserved: what can be sold now' }),
  updated_at: Timestamp,
})
export type StockChange = Static<typeof StockChange>
