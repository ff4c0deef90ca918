import Type, { type Static } from 'typebox'
import { IdsText } from './ids.ts'
import { ProductStatus } from './inventory.ts'
import { text } from './text.ts'

/** What staff sort products by, each upwards and downwards. */
export const productOrders = ['id', 'name', 'price', 'stock', 'available', 'updated_at'] as const
export type ProductOrder = (typeof productOrders)[number]

const sorts = productOrders.flatMap((order) => [order, `-${order}`] as const)
export type ProductSort = ProductOrder | `-${ProductOrder}`

/** How staff look through products of every status. The next page is in the `Link` header, how many fit in `x-total-count`. */
export const DeskProductQuery = Type.Object({
  ids: Type.Optional(IdsText),
  search: Type.Optional(Type.String({ ...text(200), description: 'part of the name or of the code, or the id' })),
  status: Type.Optional(ProductStatus),
  category_slug: Type.Optional(Type.String({ ...text(200), description: '`-`: those without a category' })),
  available_at_most: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })),
  sort: Type.Optional(Type.Enum(sorts, { default: '-id' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
  cursor: Type.Optional(
    Type.String({ maxLength: 2000, pattern: '^[\\w-]+$', description: 'as the link to the next page has it' }),
  ),
})
export type DeskProductQuery = Static<typeof DeskProductQuery>
