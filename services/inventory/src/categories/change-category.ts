import type { CategoryChange } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import { type Db, sqlState } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { lockCategory } from './lock-category.ts'
import { moveProducts } from './move-products.ts'

const uniqueViolation = '23505'

/**
 * Changes any of a category's fields. Its name and slug stand in its products too, so where they change each of those does. Throws
 * `category-exists` and `slug-taken`.
 */
export async function changeCategory(db: Db<InventoryTables>, id: number, change: CategoryChange): Promise<void> {
  await changeAsStaff(db, { action: 'category.update', table: 'categories', id }, async (tx) => {
    const before = await lockCategory(tx, id)
    const { name = before.name, slug = before.slug, position = before.position } = change
    const after = { name: name.trim(), slug, position }
    const isRenamed = after.name !== before.name || after.slug !== before.slug
    if (!isRenamed && after.position === before.position) return
    await tx
      .updateTable('categories')
      .set({ ...after, updated_at: sql`clock_timestamp()` })
      .where('id', '=', id)
      .execute()
      .catch((error: unknown) => {
        throw sqlState(error) === uniqueViolation ? whatIsTaken(error) : error
      })
    if (isRenamed) await moveProducts(tx, id, id)
  })
}

function whatIsTaken(error: unknown) {
  const { constraint } = error as { constraint?: string }
  return problem(constraint === 'categories_name_key' ? 'category-exists' : 'slug-taken')
}
