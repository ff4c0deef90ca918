import type { Product } from '@kakilima/contracts/inventory'
import { auditLogOf } from '@kakilima/testkit/audit-log'
import { eventsOf } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { InventoryTables } from '../database.ts'
import { adjustStock } from '../stock/adjust-stock.ts'
import { changeProduct } from './change-product.ts'
import { createProduct, createProducts } from './create-product.ts'
import { findProduct } from './find-product.ts'
import { type ProductRow, presentProduct } from './product.ts'

const db = await testDatabase<InventoryTables>('inventory')
const baseUrl = 'https://shop.example/'
const images = [
  { id: 5, files: [160, 320].map((width) => ({ name: `products/5-${width}.webp`, width })), width: 320, height: 200 },
  { id: 6, files: [{ name: 'demo/kopi.svg', width: 640 }], width: 640, height: 640 },
]
const input = {
  name: 'Kopi',
  price: 18_000,
  stock: 7,
  sku: 'K-1',
  description: 'Hitam',
  category: 'Minuman & Kopi',
  weight_grams: 250,
}

beforeEach(async () => {
  await sql`truncate products, categories, stock_movements, stock_changes, outbox, audit_log restart identity`.execute(
    db,
  )
})

/** What the last event of a product presents. */
async function told(id: number): Promise<Product> {
  const { data } = await db
    .selectFrom('outbox')
    .select('data')
    .where('subject_id', '=', id)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  return presentProduct(data as ProductRow, baseUrl)
}

test('an event holds all that presenting the product takes, and presents the same', async () => {
  const [created] = await createProducts(db, [{ input, images }])
  const { id } = created!
  const product = presentProduct(await findProduct(db, id), baseUrl)
  expect(product).toEqual({
    id,
    slug: 'kopi',
    ...input,
    reserved: 0,
    available: 7,
    category_slug: 'minuman-kopi',
    image: 'https://shop.example/images/products/5-320.webp',
    images: [
      {
        id: 5,
        url: 'https://shop.example/images/products/5-320.webp',
        srcset:
          'https://shop.example/images/products/5-160.webp 160w, https://shop.example/images/products/5-320.webp 320w',
        width: 320,
        height: 200,
      },
      { id: 6, url: 'https://shop.example/images/demo/kopi.svg', srcset: null, width: 640, height: 640 },
    ],
    status: 'published',
    version: 1,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    updated_at: product.created_at,
  })
  expect(await told(id)).toEqual(product)

  for (const change of [
    { price: 5, name: 'Teh' },
    { category: null, weight_grams: null, sku: null },
    { image: '/images/own.svg', status: 'draft' as const },
    { stock: 9, category: 'Baru' },
  ]) {
    const changed = presentProduct(await changeProduct(db, id, change), baseUrl)
    expect(presentProduct(await findProduct(db, id), baseUrl)).toEqual(changed)
    expect(await told(id)).toEqual(changed)
  }
  expect(await told(id)).toMatchObject({
    image: 'https://shop.example/images/own.svg',
    category_slug: 'baru',
    version: 5,
  })
})

test('a change that changes nothing has no version, no event and no entry', async () => {
  const [created] = await createProducts(db, [{ input, images }])
  const { id } = created!
  await sql`truncate audit_log`.execute(db)
  for (const change of [
    {},
    { ...input, name: ` ${input.name} `, category: ' Minuman & Kopi ' },
    { status: 'published' as const, slug: 'kopi' },
    // A page sends back what it was shown.
    { image: 'https://shop.example/images/products/5-320.webp' },
  ]) {
    expect(await changeProduct(db, id, change)).toEqual(created)
  }
  expect(await adjustStock(db, id, { quantity: 0 })).toEqual(created)
  expect(await findProduct(db, id)).toEqual(created)
  expect(await eventsOf(db, id)).toEqual(['product.created 1'])
  expect(await auditLogOf(db)).toEqual([])
})

test('an address that was set goes before the images, and gives way to them again', async () => {
  const [created] = await createProducts(db, [{ input, images: images.slice(1) }])
  const { id } = created!
  const shown = async (image: string | null) => presentProduct(await changeProduct(db, id, { image }), baseUrl).image
  expect(await shown('https://cdn.example/kopi.png')).toBe('https://cdn.example/kopi.png')
  expect(await shown('/images/own.svg')).toBe('https://shop.example/images/own.svg')
  expect((await changeProduct(db, id, { image: 'https://shop.example/images/own.svg' })).image).toBe('/images/own.svg')
  expect(await shown(null)).toBe('https://shop.example/images/demo/kopi.svg')
})

test('the log names the category that a product got and lost', async () => {
  const { id } = await createProduct(db, { name: 'Susu', price: 1, stock: 0, category: 'Minuman' })
  await changeProduct(db, id, { category: 'Makanan' })
  await changeProduct(db, id, { category: ' ' })
  const ofProduct = (await auditLogOf(db)).filter(({ subject_type }) => subject_type === 'product')
  expect(ofProduct).toMatchObject([
    { after: { category: 'Minuman', category_slug: 'minuman' } },
    { before: { category: 'Minuman' }, after: { category: 'Makanan', category_slug: 'makanan' } },
    { before: { category: 'Makanan' }, after: { category: null, category_slug: null, category_id: null } },
  ])
})
