import Type, { type Static } from 'typebox'
import { AskedBy } from '../asked-by.ts'
import { Settled } from '../event-feed.ts'
import { Id, IdsText } from '../ids.ts'
import { OrderedLine, OrderLine, Quantity, RejectionReason, Shortage } from '../inventory.ts'
import { listQuery } from '../lists.ts'
import { Rupiah } from '../money.ts'
import { nullable } from '../nullable.ts'
import { PaymentMethod } from '../payment.ts'
import { text, Timestamp } from '../text.ts'

export const orderStatuses = [
  'queued',
  'awaiting_payment',
  'rejected',
  'paid',
  'expired',
  'canceled',
  'confirming',
  'confirmed',
] as const

export const OrderStatus = Type.Enum([...orderStatuses])
export type OrderStatus = (typeof orderStatuses)[number]

export const Order = Type.Object({
  id: Id,
  user_id: Id,
  product_id: Type.Integer({ description: "the first line's" }),
  quantity: Type.Integer({ description: 'units of all lines together' }),
  total_price: Rupiah,
  payment_status: Type.Boolean({ description: 'true in paid, confirming and confirmed' }),
  confirmed: Type.Boolean(),
  status: OrderStatus,
  payment_method: nullable(PaymentMethod),
  expires_at: nullable(Timestamp),
  paid_at: nullable(Timestamp),
  confirmed_at: nullable(Timestamp),
  ended_at: nullable(
    Type.String({ ...Timestamp, description: 'when it was rejected, expired or canceled; null in every other status' }),
  ),
  paid_by_payment_id: nullable(Id),
  reason: nullable(RejectionReason),
  shortages: Type.Array(Shortage, { description: 'why a rejected order was rejected' }),
  delayed: Type.Optional(Type.Boolean({ description: 'queued, and set aside until staff look at it' })),
  version: Type.Integer(),
  created_at: Timestamp,
  updated_at: Timestamp,
  lines: Type.Array(OrderLine),
})
export type Order = Static<typeof Order>

/** A client's own name for one attempt to order. */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ ...text(255), minLength: 1, description: 'the same key and body of one user make one order' }),
  ),
})

/** `items`, or one product for clients that know one product per order. */
export const OrderInput = Type.Object({
  user_id: Id,
  product_id: Type.Optional(Id),
  quantity: Type.Optional(Quantity),
  items: Type.Optional(Type.Array(OrderedLine, { minItems: 1, maxItems: 100 })),
})
export type OrderInput = Static<typeof OrderInput>

export const OrderListQuery = Type.Object({
  ...listQuery,
  ids: Type.Optional(IdsText),
  // What is still queued is in no list.
  status: Type.Optional(Type.Enum(orderStatuses.filter((status) => status !== 'queued'))),
  user_id: Type.Optional(Id),
})
export type OrderListQuery = Static<typeof OrderListQuery>

/** A customer's own orders, newest first, queued ones among them. The next page is the one before the last id. */
export const NewestOrdersQuery = Type.Object({
  user_id: Type.Optional(Id),
  before: Type.Optional(Id),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
})
export type NewestOrdersQuery = Static<typeof NewestOrdersQuery>

/** What a detail says of the customer and the product. The fields after the first are missing while the neighbour is away. */
const DetailUser = Type.Object({ id: Id, name: Type.Optional(Type.String()), phone: Type.Optional(Type.String()) })
const DetailProduct = Type.Object({
  id: Id,
  name: Type.String(),
  price: Type.Integer({ description: 'of one unit, at the moment of reservation' }),
  sku: Type.Optional(nullable(Type.String())),
  category: Type.Optional(nullable(Type.String())),
  image: Type.Optional(nullable(Type.String())),
})

export const OrderDetail = Type.Object({
  ...Type.Omit(Order, ['user_id', 'product_id']).properties,
  user: DetailUser,
  product: DetailProduct,
})
export type OrderDetail = Static<typeof OrderDetail>

/** In the list of unconfirmed orders alone `payment_status` is a string: an admin page in the wild compares with it. */
export const UnconfirmedOrder = Type.Object({
  ...Type.Omit(OrderDetail, ['payment_status']).properties,
  payment_status: Type.Literal('COMPLETED'),
})

export const PaymentStatusInput = Type.Object({ payment_status: Type.Boolean() })

// --- what the payment service asks ---

export const PaymentMethodChoice = Type.Object({ payment_method: PaymentMethod, by: Type.Optional(AskedBy) })

export const PaymentOfOrder = Type.Object({ payment_id: Id, payment_method: PaymentMethod, by: Type.Optional(AskedBy) })

/**
 * What became of an order that a payment wanted to pay. `paid` names the payment that paid it, which may be another one; in every other
 * status the order can't be paid (any more).
 */
export const PaidOrder = Type.Object({
  order_id: Id,
  status: OrderStatus,
  paid_by_payment_id: nullable(Id),
  deadline_passed: Type.Boolean({ description: 'awaiting payment, but past its deadline' }),
})
export type PaidOrder = Static<typeof PaidOrder>

export const CancellationInput = Type.Object({
  by: Type.Enum(['customer', 'staff'], {
    description: 'only staff may cancel a paid order',
  }),
})

/** An order that could not be decided and waits for staff. */
export const ParkedOrder = Type.Object({
  order_id: Id,
  user_id: Id,
  lines: Type.Array(OrderedLine),
  accepted_at: Timestamp,
  reason: Type.String(),
  parked_at: Timestamp,
})

/** That an order changed, or was decided: an event of the order service, by its id. */
export const OrderChange = Type.Object({ id: Id, order_id: Id, user_id: Id })
export type OrderChange = Static<typeof OrderChange>

/** The changes after a position. */
export const OrderChanges = Type.Object({ changes: Type.Array(OrderChange), settled: Settled })
export type OrderChanges = Static<typeof OrderChanges>
