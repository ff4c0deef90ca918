import type { ProductInput } from '@kakilima/contracts/inventory'
import { addToAuditLog } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { findOrCreateCategory } from '../categories/find-or-create-category.ts'
import type { InventoryTables } from '../database.ts'
import type { StoredImage } from '../images/image.ts'
import { addProductEvents } from './add-product-events.ts'
import { insertProducts } from './insert-products.ts'
import type { ProductRow } from './product.ts'

/** `images` are those whose files are there already. */
export type NewProduct = { input: ProductInput; images?: StoredImage[] }

/** Stores a product with its first stock. Throws `slug-taken` for a slug that was given. */
export async function createProduct(db: Db<InventoryTables>, input: ProductInput): Promise<ProductRow> {
  const [product] = await createProducts(db, [{ input }])
  return product!
}

/** Stores several products, all or none. */
export async function createProducts(db: Db<InventoryTables>, products: NewProduct[]): Promise<ProductRow[]> {
  return inTransaction(db, async (tx) => {
    const categoryIds = new Map<string | null, number | null>()
    for (const { input } of products) {
      const name = input.category ?? null
      if (!categoryIds.has(name)) categoryIds.set(name, await findOrCreateCategory(tx, name))
    }
    const ids = await insertProducts(
      tx,
      products.map(({ input, images = [] }) => ({
        input,
        categoryId: categoryIds.get(input.category ?? null) ?? null,
        images,
      })),
    )
    const rows = await addProductEvents(tx, 'product.created', ids)
    for (const row of rows)
      await addToAuditLog(tx, { action: 'product.create', subject_id: row.id, before: null, after: row })
    return rows
  })
}
