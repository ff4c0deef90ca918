import type { Category } from '@kakilima/contracts/inventory'
import type { Selectable } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { presentImage } from '../images/image.ts'

export type CategoryRow = Selectable<InventoryTables['categories']>

/** A row with its number of published products as others see it. `baseUrl` is where browsers reach the pictures that are ours. */
export function presentCategory(row: CategoryRow & { product_count: number }, baseUrl: string): Category {
  return { ...row, image: row.image && presentImage(row.image, baseUrl) }
}
