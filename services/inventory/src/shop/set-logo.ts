import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import type { ImageStore } from '../images/image-store.ts'
import { deleteImageFiles, storeImage } from '../images/store-image.ts'
import { findShop } from './change-shop.ts'
import { shopId, type ShopRow } from './shop.ts'

/** Gives the shop a logo, or none where `bytes` is undefined, and deletes the files of the one that it had. Throws `unfit-image`. */
export async function setLogo(db: Db<InventoryTables>, store: ImageStore, bytes: Buffer | undefined): Promise<ShopRow> {
  const logo = bytes === undefined ? null : await storeImage(db, store, 'shop', bytes)
  const { shop, replaced } = await changeAsStaff(
    db,
    { action: 'shop.set_logo', table: 'shop', id: shopId },
    async (tx) => {
      const before = await findShop(tx)
      if (before.logo === null && logo === null) return { shop: before, replaced: null }
      const after = await tx
        .updateTable('shop')
        .set({ logo: logo && JSON.stringify(logo), version: sql`version + 1`, updated_at: sql`clock_timestamp()` })
        .where('id', '=', shopId)
        .returningAll()
        .executeTakeFirstOrThrow()
      return { shop: after, replaced: before.logo }
    },
  )
  // Only when no row names them any more.
  await deleteImageFiles(store, replaced)
  return shop
}
