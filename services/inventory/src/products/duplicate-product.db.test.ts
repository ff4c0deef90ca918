import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auditLogOf, whileAuditLogIsFull } from '@kakilima/testkit/audit-log'
import { eventsOf } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { pngOf } from '@kakilima/testkit/png'
import { sql } from 'kysely'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { InventoryTables } from '../database.ts'
import { addImage } from '../images/add-image.ts'
import { folderImageStore } from '../images/image-store.ts'
import { removeImage } from '../images/remove-image.ts'
import { createProduct, createProducts } from './create-product.ts'
import { duplicateProduct } from './duplicate-product.ts'
import { findProduct } from './find-product.ts'

const db = await testDatabase<InventoryTables>('inventory')
const folder = await mkdtemp(join(tmpdir(), 'kakilima-images-'))
const store = folderImageStore(folder)
const files = () => readdir(join(folder, 'products')).catch(() => [])
afterAll(() => rm(folder, { recursive: true }))

beforeEach(async () => {
  await sql`truncate products, categories, stock_movements, stock_changes, outbox, audit_log restart identity`.execute(
    db,
  )
  await rm(join(folder, 'products'), { recursive: true, force: true })
})

const input = {
  name: 'Kopi',
  price: 18_000,
  stock: 7,
  sku: 'KP-1',
  description: 'Dari Gayo',
  category: 'Minuman',
  weight_grams: 250,
}

test('a duplicate is a draft without units and code, and has all else that the product has', async () => {
  const { id } = await createProduct(db, input)
  const copy = await duplicateProduct(db, store, id)
  expect(copy).toMatchObject({
    name: 'Kopi (salinan)',
    slug: 'kopi-salinan',
    price: 18_000,
    stock: 0,
    reserved: 0,
    sku: null,
    description: 'Dari Gayo',
    category: 'Minuman',
    weight_grams: 250,
    status: 'draft',
    version: 1,
  })
  expect(await eventsOf(db, copy.id)).toEqual(['product.created 1'])
  expect((await auditLogOf(db)).at(-1)).toMatchObject({ action: 'product.create', subject_id: copy.id })
  // Once more: another slug.
  expect((await duplicateProduct(db, store, id)).slug).toMatch(/^kopi-salinan-\d+$/)
})

test('its images have files of their own, which go with it alone', async () => {
  const { id } = await createProduct(db, input)
  await addImage(db, store, id, pngOf(200, 100))
  const original = await addImage(db, store, id, pngOf(40, 30))
  const copy = await duplicateProduct(db, store, id)
  expect(copy.images.map(({ width, height }) => [width, height])).toEqual([
    [200, 100],
    [40, 30],
  ])
  const names = [...original.images, ...copy.images].flatMap((image) => image.files.map(({ name }) => name))
  expect(new Set(names).size).toBe(6)
  expect((await files()).map((name) => `products/${name}`).toSorted()).toEqual(names.toSorted())
  for (const image of copy.images) await removeImage(db, store, copy.id, image.id)
  const left = (await findProduct(db, id)).images.flatMap((image) => image.files.map(({ name }) => name))
  expect((await files()).map((name) => `products/${name}`).toSorted()).toEqual(left.toSorted())
})

test('a name that has no room for the word behind it is cut, between letters', async () => {
  const { id } = await createProduct(db, { ...input, name: '🍜'.repeat(200) })
  expect((await duplicateProduct(db, store, id)).name).toBe(`${'🍜'.repeat(190)} (salinan)`)
})

test('where it cannot be stored, or an image is gone by then, nothing stays', async () => {
  const { id } = await createProduct(db, input)
  await addImage(db, store, id, pngOf(40, 30))
  await whileAuditLogIsFull(db, async () => {
    await expect(duplicateProduct(db, store, id)).rejects.toThrow('audit_log_is_full')
  })
  expect(await files()).toHaveLength(1)

  const gone = { id: 99, width: 40, height: 30, files: [{ name: 'products/gone.webp', width: 40 }] }
  const [lost] = await createProducts(db, [{ input: { ...input, sku: null }, images: [gone] }])
  await expect(duplicateProduct(db, store, lost!.id)).rejects.toMatchObject({ type: 'images-changed' })
  expect(await files()).toHaveLength(1)
  await expect(duplicateProduct(db, store, 999_999)).rejects.toMatchObject({ type: 'product-not-found' })
  expect(await db.selectFrom('products').select('id').execute()).toHaveLength(2)
})
