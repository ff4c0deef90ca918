import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import type { CategoryRow } from './category.ts'

type CountedCategory = CategoryRow & { product_count: number }

/** All categories in their order, each with its number of published products. */
export async function listCategories(db: Db<InventoryTables>): Promise<CountedCategory[]> {
  return selectCategories(db).orderBy('position').orderBy('id').execute()
}

/** The category, or throws `category-not-found`. */
export async function findCategory(db: Db<InventoryTables>, id: number): Promise<CountedCategory> {
  const category = await selectCategories(db).where('id', '=', id).executeTakeFirst()
  if (category === undefined) throw problem('category-not-found', 'Category not found')
  return category
}

function selectCategories(db: Db<InventoryTables>) {
  return db
    .selectFrom('categories')
    .selectAll()
    .select(
      sql<number>`(
        select count(*) from products
        where category_id = categories.id and status = 'published' and deleted_at is null
      )`.as('product_count'),
    )
}
