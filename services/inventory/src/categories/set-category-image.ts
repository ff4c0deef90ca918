import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import type { ImageStore } from '../images/image-store.ts'
import { deleteImageFiles, storeImage } from '../images/store-image.ts'
import { findCategory } from './list-categories.ts'
import { lockCategory } from './lock-category.ts'

/**
 * Gives a category a picture, or none where `bytes` is undefined, and deletes the files of the one that it had. Throws
 * `category-not-found` and `unfit-image`.
 */
export async function setCategoryImage(
  db: Db<InventoryTables>,
  store: ImageStore,
  id: number,
  bytes: Buffer | undefined,
): Promise<void> {
  // Before the work that may be for nothing.
  await findCategory(db, id)
  const image = bytes === undefined ? null : await storeImage(db, store, 'categories', bytes)
  const replaced = await changeAsStaff(db, { action: 'category.set_image', table: 'categories', id }, async (tx) => {
    const before = await lockCategory(tx, id)
    if (before.image === null && image === null) return null
    await tx
      .updateTable('categories')
      .set({ image: image && JSON.stringify(image), updated_at: sql`clock_timestamp()` })
      .where('id', '=', id)
      .execute()
    return before.image
  })
  // Only when no row names them any more.
  await deleteImageFiles(store, replaced)
}
