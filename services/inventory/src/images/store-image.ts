import { createHash } from 'node:crypto'
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
  const { rows } = await sql<{ id: number }>`select nextval('image_ids') as id`.execute(db)
  const { id } = rows[0]!
  // By its id a file is this image's alone, so that it can be deleted with it. By the hash it never changes, even where ids begin anew.
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  const named = files.map((file) => ({ ...file, name: `${folder}/${id}-${hash}-${file.width}.webp` }))
  for (const file of named) await store.put(file.name, file.bytes)
  return { id, files: named.map((file) => ({ name: file.name, width: file.width })), width, height }
}

export async function deleteImageFiles(store: ImageStore, image: StoredImage | null): Promise<void> {
  for (const { name } of image?.files ?? []) await store.delete(name)
}
