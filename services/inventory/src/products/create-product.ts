import type { ProductInput } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import { slugOf } from '@kakilima/contracts/slug'
import { addToAuditLog } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { currentRequest } from '@kakilima/kit/request-context'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import { findOrCreateCategory } from '../categories/find-or-create-category.ts'
import type { InventoryTables } from '../database.ts'
import type { StoredImage } from '../images/image.ts'
import { addProductEvents } from './add-product-events.ts'
import type { ProductRow } from './product.ts'

const maxTries = 10

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
    const ids: number[] = []
    for (const { input, images = [] } of products)
      ids.push(await insertUnderFreeSlug(tx, input, categoryIds.get(input.category ?? null) ?? null, images))
    const rows = await addProductEvents(tx, 'product.created', ids)
    for (const row of rows)
      await addToAuditLog(tx, { action: 'product.create', subject_id: row.id, before: null, after: row })
    return rows
  })
}

async function insertUnderFreeSlug(
  tx: Db<InventoryTables>,
  input: ProductInput,
  categoryId: number | null,
  images: StoredImage[],
): Promise<number> {
  const { price, stock, description = '', sku = null, image = null, status = 'published', weight_grams = null } = input
  const name = input.name.trim()
  const own = input.slug ?? slugOf(name)
  const isGiven = input.slug !== undefined
  for (let attempt = 1; attempt <= maxTries; attempt++) {
    // Whoever takes the same slug at the same moment is waited for. Then nothing is inserted, and the next round sees that slug.
    const { rows } = await sql<{ id: number }>`
      with next as materialized (
        select nextval(pg_get_serial_sequence('products', 'id')) as id
      ), product as (
        insert into products (id, slug, name, price, stock, description, sku, category_id, image, images, status, weight_grams)
        overriding system value
        select id,
          case when ${isGiven} then ${own}
            when ${own} = '' then 'product-' || id
            when exists (select from products where slug = ${own}) then ${own} || '-' || id
            else ${own} end,
          ${name}, ${price}, ${stock}, ${description}, ${sku}, ${categoryId}::int8, ${image},
          ${JSON.stringify(images)}::jsonb, ${status}, ${weight_grams}::int8
        from next
        on conflict (slug) do nothing
        returning id, stock
      ), movement as (
        insert into stock_movements (product_id, quantity, reason, actor_id)
        select id, stock, 'initial', ${currentRequest()?.actorId ?? null}::int8 from product where stock > 0
      )
      select id from product`.execute(tx)
    if (rows[0] !== undefined) return rows[0].id
    if (isGiven) break
  }
  throw problem('slug-taken')
}
