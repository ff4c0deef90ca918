import type { Product } from '@kakilima/contracts/inventory'
import type { Selectable } from 'kysely'
import type { InventoryTables } from '../database.ts'

export type ProductRow = Selectable<InventoryTables['products']>

/** A row as others see it. `baseUrl` turns the path of a picture that is ours into an address. */
export function presentProduct({ deleted_at: _, ...row }: ProductRow, baseUrl: string): Product {
  return {
    ...row,
    available: row.stock - row.reserved,
    image: row.image?.startsWith('/') ? baseUrl.replace(/\/$/, '') + row.image : row.image,
  }
}
