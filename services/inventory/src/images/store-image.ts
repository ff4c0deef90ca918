import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import type { StoredImage } from './image.ts'
import type { ImageStore } from './image-store.ts'
import { resizeImage } from './resize-image.ts'

/**
 * Stores the files of an image that was sent, for a row that is written after them: a file without a row does no harm, a row without
 * its file would. Throws `unfit-image`.
 */
export async function storeImage(
  db: Db<InventoryTables>,
  store: ImageStore,
  folder: 'products' | 'categories' | 'shop',
  bytes: Buffer,
): Promise<StoredImage> {
  const { files, width, height } = await resizeImage(bytes)
  const id = await newImageId(db)
  // By its id a file is this image's alone, so that it can be deleted with it. By the hash it never changes, even where ids begin anew.
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  const named = files.map((file) => ({ ...file, name: `${folder}/${id}-${hash}-${file.width}.webp` }))
  for (const file of named) await store.put(file.name, file.bytes)
  return { id, files: named.map((file) => ({ name: file.name, width: file.width })), width, height }
}

/**
 * Stores the files of an image once more, for another product: each image has files of its own, which go when it goes. Throws
 * `images-changed` where one of them is gone.
 */
export async function copyImage(
  db: Db<InventoryTables>,
  store: ImageStore,
  original: StoredImage,
): Promise<StoredImage> {
  const id = await newImageId(db)
  const files: StoredImage['files'] = []
  for (const { name, width } of original.files) {
    // Behind the id comes a hash, or what it is called in the demo shop.
    const copy = `products/${id}-${posix.basename(name).replace(/^\d+-/, '')}`
    if (!(await store.copy(name, copy))) {
      await deleteImageFiles(store, { ...original, files })
      throw problem('images-changed', 'One of the images is gone: look at the product again')
    }
    files.push({ name: copy, width })
  }
  return { ...original, id, files }
}

async function newImageId(db: Db<InventoryTables>): Promise<number> {
  const { rows } = await sql<{ id: number }>`select nextval('image_ids') as id`.execute(db)
  return rows[0]!.id
}

export async function deleteImageFiles(store: ImageStore, image: StoredImage | null): Promise<void> {
  for (const { name } of image?.files ?? []) await store.delete(name)
}
