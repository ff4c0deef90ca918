import type { Product } from '@kakilima/contracts/inventory'
import type { Selectable } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { imageUrl, presentImage } from '../images/image.ts'

/** A row of products with what its category is called. The events of products hold the same. */
export type ProductRow = Selectable<InventoryTables['products']> & {
  category: string | null
  category_slug: string | null
}

/** A row as others see it, or what an event holds of one. `baseUrl` is where browsers reach the pictures that are ours. */
export function presentProduct(row: ProductRow, baseUrl: string): Product {
  const { deleted_at: _deleted, category_id: _category, ...shown } = row
  const images = row.images.map((image) => presentImage(image, baseUrl))
  return {
    ...shown,
    available: row.stock - row.reserved,
    image: row.image === null ? (images[0]?.url ?? null) : imageUrl(row.image, baseUrl),
    images,
  }
}

/** Whether `image` is what others are shown already: a page that sends a whole product back sends the address that it was given. */
export function isShownAs({ image: own, images }: ProductRow, image: string | null): boolean {
  const first = images[0]?.files.at(-1)
  const shown = own ?? (first === undefined ? null : `/images/${first.name}`)
  return image === shown || (image !== null && shown?.startsWith('/') === true && image.endsWith(shown))
}
