import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import type { InventoryTables } from '../database.ts'
import type { CategoryRow } from './category.ts'

/** The category, which nobody else changes and no product joins until the transaction ends. Throws `category-not-found`. */
export async function lockCategory(tx: Db<InventoryTables>, id: number): Promise<CategoryRow> {
  const category = await tx.selectFrom('categories').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (category === undefined) throw problem('category-not-found', 'Category not found')
  return category
}
