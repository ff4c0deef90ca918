import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import type { InventoryTables } from '../database.ts'
import { lockProduct } from '../products/find-product.ts'
import type { ProductRow } from '../products/product.ts'
import { storeProductChange } from '../products/store-product-change.ts'
import type { ImageStore } from './image-store.ts'
import { deleteImageFiles } from './store-image.ts'

/** Takes an image off a product and deletes its files. Throws `image-not-found`. */
export async function removeImage(
  db: Db<InventoryTables>,
  store: ImageStore,
  productId: number,
  imageId: number,
): Promise<ProductRow> {
  const { product, removed } = await inTransaction(db, async (tx) => {
    const before = await lockProduct(tx, productId)
    const image = before.images.find(({ id }) => id === imageId)
    if (image === undefined) throw problem('image-not-found', 'Image not found')
    const images = before.images.filter(({ id }) => id !== imageId)
    return { removed: image, product: await storeProductChange(tx, 'product.remove_image', before, { images }) }
  })
  // Only when no row names them any more.
  await deleteImageFiles(store, removed)
  return product
}
