import type { Db } from '@kakilima/kit/database'
import type { InventoryTables } from '../database.ts'
import { copyImage, deleteImageFiles } from '../images/store-image.ts'
import type { StoredImage } from '../images/image.ts'
import type { ImageStore } from '../images/image-store.ts'
import { createProducts } from './create-product.ts'
import { findProduct } from './find-product.ts'
import type { ProductRow } from './product.ts'

const suffix = ' (salinan)'
const longestName = 200

/**
 * Makes a product like another one, to be worked on: a draft without units and code, with images of its own. Throws
 * `product-not-found`, and `images-changed` where one of its images was taken off meanwhile.
 */
export async function duplicateProduct(db: Db<InventoryTables>, store: ImageStore, id: number): Promise<ProductRow> {
  const { name, price, description, category, image, images, weight_grams } = await findProduct(db, id)
  const copies: StoredImage[] = []
  try {
    for (const original of images) copies.push(await copyImage(db, store, original))
    const input = {
      name:
        Array.from(name)
          .slice(0, longestName - suffix.length)
          .join('') + suffix,
      price,
      stock: 0,
      description,
      category,
      image,
      status: 'draft' as const,
      weight_grams,
    }
    const [product] = await createProducts(db, [{ input, images: copies }])
    return product!
  } catch (error) {
    // No row names them.
    for (const copy of copies) await deleteImageFiles(store, copy)
    throw error
  }
}
