import type { sheetColumns } from '@kakilima/contracts/product-sheets'
import type { Db } from '@kakilima/kit/database'
import type { InventoryTables } from '../database.ts'
import { imageUrl } from '../images/image.ts'
import { selectProducts } from '../products/find-product.ts'
import type { ProductRow } from '../products/product.ts'
import { writeCell } from './sheet-row.ts'

const pageSize = 1000

/** All products that are not gone, in the order of their ids, some at a time. */
export async function* productPages(db: Db<InventoryTables>): AsyncGenerator<ProductRow[]> {
  for (let after = 0; ;) {
    const rows = await selectProducts(db).where('id', '>', after).orderBy('id').limit(pageSize).execute()
    if (rows.length > 0) yield rows
    if (rows.length < pageSize) return
    after = rows.at(-1)!.id
  }
}

/** What each column of a sheet holds of a product, so that an import finds nothing to change in it. */
export function sheetCells(
  baseUrl: string,
): Record<(typeof sheetColumns)[number], (row: ProductRow) => string | number | null> {
  const text = (cell: string | null) => cell && writeCell(cell)
  return {
    id: ({ id }) => id,
    sku: ({ sku }) => text(sku),
    name: ({ name }) => text(name),
    price: ({ price }) => price,
    stock: ({ stock }) => stock,
    status: ({ status }) => status,
    category: ({ category }) => text(category),
    description: ({ description }) => text(description),
    weight_grams: ({ weight_grams }) => weight_grams,
    slug: ({ slug }) => text(slug),
    // Only what was set: an address of the first image would be one that was set when it came back.
    image: ({ image }) => image && text(imageUrl(image, baseUrl)),
    reserved: ({ reserved }) => reserved,
    available: ({ stock, reserved }) => stock - reserved,
    updated_at: ({ updated_at }) => updated_at,
  }
}
