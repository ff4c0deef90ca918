import { Product } from '@kakilima/contracts/inventory'
import Type from 'typebox'
import { queryLimits } from './query-limits.ts'

// For readers of the API's pages. What comes in is read by hand, and what goes out is bytes that are kept.
const { reserved: _reserved, available: _available, stock: _stock, ...sameAsEverywhere } = Product.properties

const Item = Type.Partial(
  Type.Object({ ...sameAsEverywhere, stock: Type.Integer({ description: 'units that can be sold now' }) }),
  { description: 'the fields that were asked for, all unless some are named' },
)

export const ItemAnswer = Type.Object({ data: Item })

export const ItemListAnswer = Type.Object({
  meta: Type.Optional(
    Type.Partial(Type.Object({ total_count: Type.Integer(), filter_count: Type.Integer() }), {
      description: 'only where it was asked for',
    }),
  ),
  data: Type.Array(Item),
})

const text = (description: string, examples: string[]) => Type.Optional(Type.String({ description, examples }))

export const ItemParameters = Type.Object({
  fields: text('names separated by commas; `*` stands for all', ['id,name,price']),
  filter: text('JSON, or nested keys such as `filter[price][_lte]=20000`; see the README of the service', [
    '{"status":{"_eq":"published"}}',
  ]),
})

export const ListParameters = Type.Object({
  ...ItemParameters.properties,
  search: text('part of any text, in any case, or a whole number', ['sepatu']),
  sort: text('names separated by commas, `-` before those that fall', ['-price,name']),
  limit: Type.Optional(
    Type.Integer({ minimum: -1, default: queryLimits.defaultItems, description: '`-1` for as many as are allowed' }),
  ),
  offset: Type.Optional(Type.Integer({ minimum: 0 })),
  page: Type.Optional(Type.Integer({ minimum: 0, description: 'counts from 1; instead of `offset`' })),
  meta: text('`total_count`, `filter_count` or `*`', ['total_count,filter_count']),
  aggregate: text('JSON, or nested keys such as `aggregate[count]=*`', ['{"count":["*"]}']),
  groupBy: text('names separated by commas', ['category']),
})
