import { mostImages } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import type { InventoryTables } from '../database.ts'
import { findProduct, lockProduct } from '../products/find-product.ts'
import type { ProductRow } from '../products/product.ts'
import { storeProductChange } from '../products/store-product-change.ts'
import type { ImageStore } from './image-store.ts'
import { storeImage } from './store-image.ts'

/** Adds an image behind the others of a product. Throws `unfit-image` and `too-many-images`. */
export async function addImage(
  db: Db<InventoryTables>,
  store: ImageStore,
  productId: number,
  bytes: Buffer,
): Promise<ProductRow> {
  // Before the work that may be for nothing.
  requireRoom(await findProduct(db, productId))
  const image = await storeImage(db, store, 'products', bytes)
  return inTransaction(db, async (tx) => {
    const before = await lockProduct(tx, productId)
    requireRoom(before)
    return storeProductChange(tx, 'product.add_image', before, { images: [...before.images, image] })
  })
}

function requireRoom({ images }: ProductRow): void {
  if (images.length >= mostImages) throw problem('too-many-images', `The product has ${images.length} images already`)
}
