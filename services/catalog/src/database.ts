import type { Product } from '@kakilima/contracts/inventory'
import type { FeedPositionTable } from '@kakilima/kit/durable-feed'
import type { Generated, JSONColumnType } from 'kysely'

export type CatalogTables = {
  products: {
    id: number
    name: string
    description: string
    price: number
    stock: number
    category: string | null
    category_slug: string | null
    slug: string | null
    sku: string | null
    image: string | null
    images: JSONColumnType<Product['images']>
    status: 'draft' | 'published' | 'archived'
    weight_grams: number | null
    created_at: string
    updated_at: string
    fields_version: number
    stock_version: number
    version: Generated<number>
    is_deleted: boolean
    is_shown: Generated<boolean>
  }
  feed_positions: FeedPositionTable
}
