import Type, { type Static } from 'typebox'
import { Id, IdsText } from './ids.ts'
import { listQuery } from './lists.ts'
import { Price } from './money.ts'
import { nullable } from './nullable.ts'
import { Name, text, Timestamp } from './text.ts'

const ProductStatus = Type.Enum(['draft', 'published', 'archived'])

/** Units on hand. The bound leaves room for sums over all products. */
const Units = Type.Integer({ minimum: 0, maximum: 1_000_000_000 })

export const Product = Type.Object({
  id: Id,
  name: Type.String(),
  price: Price,
  stock: Type.Integer({ description: 'units on hand; falls when an order is confirmed, not before' }),
  reserved: Type.Integer({ description: 'units promised to open orders' }),
  available: Type.Integer({ description: 'stock - reserved: what can be sold now' }),
  description: Type.String(),
  sku: nullable(Type.String()),
  category: nullable(Type.String()),
  image: nullable(Type.String({ description: 'an absolute URL' })),
  status: ProductStatus,
  weight_grams: nullable(Type.Integer()),
  version: Type.Integer({ description: 'grows with every change' }),
  created_at: Timestamp,
  updated_at: Timestamp,
})
export type Product = Static<typeof Product>

const optionalFields = {
  description: Type.Optional(text(10_000)),
  sku: Type.Optional(nullable(text(100))),
  category: Type.Optional(nullable(text(200))),
  image: Type.Optional(nullable(text(2000))),
  status: Type.Optional(ProductStatus),
  weight_grams: Type.Optional(nullable(Type.Integer({ minimum: 0, maximum: 1_000_000_000 }))),
}

export const ProductInput = Type.Object({ name: Name, price: Price, stock: Units, ...optionalFields })
export type ProductInput = Static<typeof ProductInput>

export const ProductChange = Type.Object({
  name: Type.Optional(Name),
  price: Type.Optional(Price),
  stock: Type.Optional(Units),
  ...optionalFields,
})
export type ProductChange = Static<typeof ProductChange>

export const StockAdjustment = Type.Object({
  quantity: Type.Integer({
    minimum: -1_000_000_000,
    maximum: 1_000_000_000,
    description: 'signed change of the units on hand',
  }),
})

/** How many units one line of an order, or one question about stock, may name. */
export const Quantity = Type.Integer({ minimum: 1, maximum: 1000 })

export const StockQuestion = Type.Object({ quantity: Type.Optional(Type.Integer({ ...Quantity, default: 1 })) })

export const StockAnswer = Type.Object({
  available: Type.Boolean({ description: 'can this quantity be sold now' }),
  stock: Type.Integer({ description: 'how many units can be sold now' }),
})

export const ProductListQuery = Type.Object({
  ...listQuery,
  ids: Type.Optional(IdsText),
  search: Type.Optional(text(200)),
  category: Type.Optional(text(200)),
  status: Type.Optional(ProductStatus),
})
export type ProductListQuery = Static<typeof ProductListQuery>

// --- what the order worker asks ---

export const OrderedLine = Type.Object({ product_id: Id, quantity: Quantity })
export type OrderedLine = Static<typeof OrderedLine>

/** Lines of one order, at most one per product; the worker may not send more than 1,000 orders at once. */
export const DecisionRequest = Type.Object({
  orders: Type.Array(Type.Object({ order_id: Id, lines: Type.Array(OrderedLine, { minItems: 1, maxItems: 100 }) }), {
    minItems: 1,
    maxItems: 1000,
  }),
})
export type OrderToDecide = Static<typeof DecisionRequest>['orders'][number]

export const OrderLine = Type.Object({
  product_id: Id,
  name: Type.String({
    description:
      'as it was at the moment of reservation; empty while the order is queued and where no such product was found',
  }),
  unit_price: Type.Integer({ description: 'rupiah, at the moment of reservation; 0 where the name is empty' }),
  quantity: Quantity,
})
export type OrderLine = Static<typeof OrderLine>

export const Shortage = Type.Object({ product_id: Id, requested: Type.Integer(), available: Type.Integer() })
export type Shortage = Static<typeof Shortage>

export const RejectionReason = Type.Enum([
  'product-not-found',
  'insufficient-stock',
  'total-too-large',
  'rejected-by-staff',
])
export type RejectionReason = Static<typeof RejectionReason>

/** The answer that inventory stored for one order. It never changes its mind: whoever asks again gets the same one. */
export const Decision = Type.Object({
  order_id: Id,
  state: Type.Enum(['reserved', 'rejected', 'released', 'consumed']),
  reason: nullable(RejectionReason),
  lines: Type.Array(OrderLine),
  shortages: Type.Array(Shortage),
})
export type Decision = Static<typeof Decision>

export const DecisionReply = Type.Object({ decisions: Type.Array(Decision) })

export const OrderIds = Type.Object({ order_ids: Type.Array(Id, { minItems: 1, maxItems: 1000 }) })
