import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import type { InventoryTables } from '../database.ts'
import { lockProduct } from '../products/find-product.ts'
import type { ProductRow } from '../products/product.ts'
import { storeProductChange } from '../products/store-product-change.ts'

/** Puts the images of a product in another order. Throws `images-changed` unless these are the ids of all that it has. */
export async function orderImages(db: Db<InventoryTables>, productId: number, imageIds: number[]): Promise<ProductRow> {
  return inTransaction(db, async (tx) => {
    const before = await lockProduct(tx, productId)
    const images = imageIds.flatMap((id) => before.images.find((image) => image.id === id) ?? [])
    if (images.length !== before.images.length || images.length !== imageIds.length) {
      const ids = before.images.map(({ id }) => id).join(', ')
      throw problem('images-changed', `The product's images are ${ids === '' ? 'none' : ids}: name each of them once`)
    }
    return storeProductChange(tx, 'product.order_images', before, { images })
  })
}
