import Type, { type Static } from 'typebox'
import { Id, IdsText } from './ids.ts'
import { listQuery } from './lists.ts'
import { Price } from './money.ts'
import { nullable } from './nullable.ts'
import { Slug } from './slug.ts'
import { AdjustmentReason, MovementNote } from './stock-movements.ts'
import { Name, text, Timestamp } from './text.ts'

export const ProductStatus = Type.Enum(['draft', 'published', 'archived'])

/** Units on hand. The bound leaves room for sums over all products. */
const Units = Type.Integer({ minimum: 0, maximum: 1_000_000_000 })

export const Image = Type.Object({
  id: Id,
  url: Type.String({ description: 'an absolute URL: the largest size' }),
  srcset: nullable(
    Type.String({
      description: 'every size with its width, as in HTML; null where there is one size only',
      examples: [
        'http://127.0.0.1:8002/images/products/7-1f0c-320.webp 320w, http://127.0.0.1:8002/images/products/7-1f0c-640.webp 640w',
      ],
    }),
  ),
  width: Type.Integer({ description: 'pixels of the largest size' }),
  height: Type.Integer({ description: 'pixels of the largest size' }),
})
export type Image = Static<typeof Image>

export const Product = Type.Object({
  id: Id,
  slug: Type.String({ description: 'names it in addresses; never changes by itself' }),
  name: Type.String(),
  price: Price,
  stock: Type.Integer({ description: 'units on hand; falls when an order is confirmed, not before' }),
  reserved: Type.Integer({ description: 'units promised to open orders' }),
  available: Type.Integer({ description: 'stock - reserved: what can be sold now' }),
  description: Type.String(),
  sku: nullable(Type.String()),
  category: nullable(Type.String({ description: 'the name of its category' })),
  category_slug: nullable(Type.String()),
  image: nullable(Type.String({ description: 'an absolute URL: what was set, or else that of the first image' })),
  images: Type.Array(Image),
  status: ProductStatus,
  weight_grams: nullable(Type.Integer()),
  version: Type.Integer({ description: 'grows with every change' }),
  created_at: Timestamp,
  updated_at: Timestamp,
})
export type Product = Static<typeof Product>

/** What is left of a product that was taken out. Its version is above all that the product ever had. */
export const Tombstone = Type.Object({ id: Id, version: Type.Integer() })
export type Tombstone = Static<typeof Tombstone>

const optionalFields = {
  slug: Type.Optional(Slug),
  description: Type.Optional(text(10_000)),
  sku: Type.Optional(nullable(text(100))),
  category: Type.Optional(
    nullable(Type.String({ ...text(200), description: 'the name of a category, which is made when there is none' })),
  ),
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
  reason: Type.Optional({ ...AdjustmentReason, default: 'adjustment' }),
  note: Type.Optional(MovementNote),
})
export type StockAdjustment = Static<typeof StockAdjustment>

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
  category_slug: Type.Optional(text(200)),
  slug: Type.Optional(text(200)),
  status: Type.Optional(ProductStatus),
})
export type ProductListQuery = Static<typeof ProductListQuery>

/** How many images a product may have. */
export const mostImages = 20

/** What an image may weigh when it is sent, and how many pixels it may have. */
export const largestImageBytes = 10 * 1024 * 1024
export const largestImagePixels = 50_000_000

/** What an image may be. Its bytes decide, whatever it is called. */
export const imageTypes = ['image/jpeg', 'image/png', 'image/webp'] as const

export const ImageOrder = Type.Object({
  image_ids: Type.Array(Id, {
    maxItems: mostImages,
    uniqueItems: true,
    description: 'all of them, the first one first',
  }),
})
export const ProductImagePath = Type.Object({ id: Id, image_id: Id })

/** How products are sorted for who looks around in the shop. */
export const Category = Type.Object({
  id: Id,
  name: Type.String(),
  slug: Type.String({ description: 'names it in addresses; never changes by itself' }),
  position: Type.Integer({ description: 'lists show the lowest first' }),
  image: nullable(Image),
  product_count: Type.Integer({ description: 'how many published products it has' }),
  created_at: Timestamp,
  updated_at: Timestamp,
})
export type Category = Static<typeof Category>

const Position = Type.Integer({ minimum: 0, maximum: 1_000_000 })

export const CategoryInput = Type.Object({
  name: Name,
  slug: Type.Optional(Slug),
  position: Type.Optional({ ...Position, description: 'behind all others unless given' }),
})
export type CategoryInput = Static<typeof CategoryInput>

export const CategoryChange = Type.Object({
  name: Type.Optional(Name),
  slug: Type.Optional(Slug),
  position: Type.Optional(Position),
})
export type CategoryChange = Static<typeof CategoryChange>

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
