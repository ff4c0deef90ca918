import Type, { type Static } from 'typebox'
import { Actor } from '../audit-log.ts'
import { Id } from '../ids.ts'
import { NewestOrdersQuery, Order, orderStatuses, ParkedOrder } from './order.ts'
import { nullable } from '../nullable.ts'
import { PaymentMethod } from '../payment.ts'
import { text, Timestamp } from '../text.ts'

// What staff see of orders beyond what their customers do.

/** The customer of an order, as far as staff need to reach them. */
export const OrderCustomer = Type.Object({
  id: Id,
  name: Type.String(),
  phone: Type.String({ description: 'as the customer gave it; empty where there is none' }),
  email: nullable(Type.String()),
})
export type OrderCustomer = Static<typeof OrderCustomer>

const customer = nullable({ ...OrderCustomer, description: 'null only while the user service cannot be reached' })

export const DeskOrder = Type.Object({ ...Order.properties, customer })
export type DeskOrder = Static<typeof DeskOrder>

/** An order as the gateway shows it: with its customer for whoever works in the shop. */
export const ShopOrder = Type.Object({ ...Order.properties, customer: Type.Optional(customer) })
export type ShopOrder = Static<typeof ShopOrder>

export const DeskParkedOrder = Type.Object({ ...ParkedOrder.properties, customer })
export type DeskParkedOrder = Static<typeof DeskParkedOrder>

const decidedStatuses = orderStatuses.filter((status) => status !== 'queued').join('|')

/** Which orders staff want to see. Every one that is given must fit. */
const orderFilters = {
  status: Type.Optional(
    Type.String({
      pattern: `^(?:${decidedStatuses})(?:,(?:${decidedStatuses})){0,${orderStatuses.length - 2}}$`,
      description: 'one or more, separated by commas',
      examples: ['paid,confirming'],
    }),
  ),
  search: Type.Optional(
    Type.String({
      ...text(200),
      description: "the order's number; part of the customer's name; the phone in any spelling; e-mail",
    }),
  ),
  payment_method: Type.Optional(PaymentMethod),
  placed_from: Type.Optional(Type.String({ ...Timestamp, description: 'at this time or later' })),
  placed_to: Type.Optional(Type.String({ ...Timestamp, description: 'before this time' })),
  user_id: Type.Optional(Id),
}
export const OrderFilters = Type.Object(orderFilters)
export type OrderFilters = Static<typeof OrderFilters>

const paging = {
  sort: Type.Optional(
    Type.Enum(['newest', 'oldest'], { description: '`newest`, the default, pages by `before`; `oldest` by `after`' }),
  ),
  before: Type.Optional(Id),
  after: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
}
export const DeskOrderQuery = Type.Object({ ...orderFilters, ...paging })
export type DeskOrderQuery = Static<typeof DeskOrderQuery>

const asText = <Value>() => Type.Optional(Type.Unsafe<Value>(Type.String({ description: 'for who works in the shop' })))
/** As the gateway takes it from everybody. What customers send of it has no effect, so only the order service judges it. */
export const ShopOrderQuery = Type.Object({
  ...NewestOrdersQuery.properties,
  status: asText<string>(),
  search: asText<string>(),
  payment_method: asText<PaymentMethod>(),
  placed_from: asText<string>(),
  placed_to: asText<string>(),
  sort: asText<NonNullable<DeskOrderQuery['sort']>>(),
  after: asText<number>(),
})
export type ShopOrderQuery = Static<typeof ShopOrderQuery>

/** Orders to confirm together. */
export const ConfirmationsInput = Type.Object({
  order_ids: Type.Array(Id, { minItems: 1, maxItems: 100, uniqueItems: true }),
})

/** What became of each, in the order of asking. */
export const Confirmations = Type.Object({
  results: Type.Array(
    Type.Object({
      order_id: Id,
      outcome: Type.Enum(['confirmed', 'already-confirmed', 'confirming', 'not-paid', 'not-found'], {
        description: '`confirming`: the stock could not be taken at once, and is taken by itself as soon as that works',
      }),
    }),
  ),
})
export type Confirmations = Static<typeof Confirmations>
export type ConfirmationOutcome = Confirmations['results'][number]['outcome']

const timelineTypes = [
  'order.placed',
  'order.rejected',
  'order.paid',
  'order.confirmed',
  'order.expired',
  'order.canceled',
  'payment.opened',
  'payment.completed',
  'payment.expired',
  'payment.voided',
  'payment.refund_due',
  'payment.refunded',
  'note',
] as const

/** One thing that happened to an order. */
export const TimelineEntry = Type.Object({
  at: Timestamp,
  type: Type.Enum([...timelineTypes]),
  actor: nullable({
    ...Actor,
    description: 'null where it was nobody of the staff; the name is empty while the user service cannot be reached',
  }),
  data: Type.Object({
    payment_id: Type.Optional(Id),
    payment_method: Type.Optional(PaymentMethod),
    amount: Type.Optional(Type.Integer()),
    reason: Type.Optional(Type.String()),
    reference: Type.Optional(Type.String({ description: 'of a refund' })),
    note_id: Type.Optional(Id),
    text: Type.Optional(Type.String({ description: 'of a note' })),
  }),
})
export type TimelineEntry = Static<typeof TimelineEntry>

/** What staff noted about an order for each other. Customers never see it. */
export const OrderNote = Type.Object({
  id: Id,
  order_id: Id,
  author: nullable(Actor),
  text: Type.String(),
  created_at: Timestamp,
})
export type OrderNote = Static<typeof OrderNote>

export const OrderNoteInput = Type.Object({
  text: Type.String({
    maxLength: 2000,
    pattern: '^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$',
    description: '1 to 2,000 characters, not only white space',
  }),
})
export type OrderNoteInput = Static<typeof OrderNoteInput>

/** How much waits for staff. */
export const DeskSummary = Type.Object({
  paid: Type.Integer({ description: 'orders to confirm' }),
  confirming: Type.Integer(),
  awaiting_payment: Type.Integer(),
  refund_due: Type.Integer({ description: 'payments whose money has to be given back' }),
  parked: Type.Integer({ description: 'orders that could not be decided' }),
})
export type DeskSummary = Static<typeof DeskSummary>
