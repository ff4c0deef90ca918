import type { StoredShop } from '@kakilima/contracts/shop'
import type { Selectable } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { presentImage } from '../images/image.ts'

/** The one row that there is. */
export const shopId = 1

export type ShopRow = Selectable<InventoryTables['shop']>

/** The row as others see it. `baseUrl` is where browsers reach the pictures that are ours. */
export function presentShop({ id: _, ...row }: ShopRow, baseUrl: string): StoredShop {
  return { ...row, logo: row.logo && presentImage(row.logo, baseUrl) }
}
