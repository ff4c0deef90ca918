import Type, { type Static } from 'typebox'
import { Image } from './inventory.ts'
import { Language } from './language.ts'
import { nullable } from './nullable.ts'
import { Timestamp } from './text.ts'

const Languages = Type.Array(Language, {
  minItems: 1,
  uniqueItems: true,
  description: 'what customers can choose; the first one is what they get unless they do',
})
const LowStockAt = Type.Integer({
  minimum: 0,
  maximum: 1_000_000_000,
  description: 'a product with so many units that can be sold, or fewer, is short',
})

/** What the shop says of itself. */
export const Shop = Type.Object({
  name: Type.String(),
  logo: nullable(Image),
  languages: Languages,
  time_zone: Type.String({ description: 'where its days begin and end', examples: ['Asia/Jakarta'] }),
  low_stock_at: LowStockAt,
  version: Type.Integer({ description: 'grows with every change' }),
  updated_at: Timestamp,
})
export type Shop = Static<typeof Shop>

/** The same as the inventory service keeps it: without a name until somebody gives one. */
export const StoredShop = Type.Object({ ...Shop.properties, name: nullable(Type.String()) })
export type StoredShop = Static<typeof StoredShop>

export const ShopChange = Type.Object({
  name: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 300,
      // As `Name`, but short enough for the head of a page.
      pattern: '^\\s*[^\\s\\u0000](?:[^\\u0000]{0,58}[^\\s\\u0000])?\\s*$',
      description: '1 to 60 characters after trimming',
    }),
  ),
  languages: Type.Optional(Languages),
  time_zone: Type.Optional(Type.String({ minLength: 1, maxLength: 100, pattern: '^[A-Za-z][\\w+/-]*$' })),
  low_stock_at: Type.Optional(LowStockAt),
})
export type ShopChange = Static<typeof ShopChange>
