import { parseIds } from '@kakilima/contracts/ids'
import type { ProductListQuery } from '@kakilima/contracts/inventory'
import type { Db } from '@kakilima/kit/database'
import { page } from '@kakilima/kit/lists'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { selectProducts } from './find-product.ts'
import type { ProductRow } from './product.ts'

/** A page of the products that are not gone. `search` finds part of a name or a whole code, in any case. */
export async function listProducts(
  db: Db<InventoryTables>,
  { ids, search, category, category_slug, slug, status, ...paging }: ProductListQuery,
): Promise<{ rows: ProductRow[]; hasMore: boolean }> {
  let query = selectProducts(db)
  const inCategory = (column: 'name' | 'slug', value: string) =>
    query.where('category_id', '=', (where) =>
      where.selectFrom('categories').select('categories.id').where(`categories.${column}`, '=', value),
    )
  if (ids !== undefined) query = query.where('id', '=', sql<number>`any(${parseIds(ids)}::int8[])`)
  if (category !== undefined) query = inCategory('name', category.trim())
  if (category_slug !== undefined) query = inCategory('slug', category_slug)
  if (slug !== undefined) query = query.where('slug', '=', slug)
  if (status !== undefined) query = query.where('status', '=', status)
  if (search !== undefined && search.trim() !== '') {
    const text = search.trim().replaceAll(/[\\%_]/g, '\\$&')
    query = query.where((where) => where.or([where('name', 'ilike', `%${text}%`), where('sku', 'ilike', text)]))
  }
  return page(query, 'id', paging)
}
