import { addToAuditLog } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import type { InventoryTables } from '../database.ts'
import type { ImageStore } from '../images/image-store.ts'
import { deleteImageFiles } from '../images/store-image.ts'
import { lockCategory } from './lock-category.ts'
import { moveProducts } from './move-products.ts'

/** Deletes a category. Its products stay and have none, which is a change of each of them. Throws `category-not-found`. */
export async function deleteCategory(db: Db<InventoryTables>, store: ImageStore, id: number): Promise<void> {
  const { image } = await inTransaction(db, async (tx) => {
    const category = await lockCategory(tx, id)
    await moveProducts(tx, id, null)
    // Products that are gone leave it by the foreign key.
    await tx.deleteFrom('categories').where('id', '=', id).execute()
    await addToAuditLog(tx, { action: 'category.delete', subject_id: id, before: category, after: null })
    return category
  })
  await deleteImageFiles(store, image)
}
