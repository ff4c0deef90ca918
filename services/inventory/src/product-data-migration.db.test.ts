import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '@kakilima/kit/migrate'
import { migrationsBeside } from '@kakilima/kit/service'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listCategories } from './categories/list-categories.ts'
import type { InventoryTables } from './database.ts'
import { changeProduct } from './products/change-product.ts'
import { findProduct } from './products/find-product.ts'
import { type ProductRow, presentProduct } from './products/product.ts'

const db = await testDatabase<InventoryTables>('inventory')
const folder = await mkdtemp(join(tmpdir(), 'kakilima-migrations-'))
const all = migrationsBeside(import.meta.url)
afterAll(() => rm(folder, { recursive: true }))

const olderProducts: [name: string, category: string | null, deleted?: boolean][] = [
  ['Sepatu Sport', 'Sepatu & Tas'],
  ['Tas Ransel', ' Sepatu & Tas '],
  ['sepatu sport!', 'sepatu tas', true],
  ['Sepatu Sport 5', 'Minuman'],
  ['SEPATU SPORT', 'Minuman'],
  ['Produk 8', null],
  ['珈琲', '珈琲'],
  ['Product 7', ''],
  ['☕', '   '],
  ['x'.repeat(200), 'y'.repeat(200)],
]

beforeAll(async () => {
  await sql`drop schema public cascade`.execute(db)
  await sql`create schema public`.execute(db)
  for (const name of await readdir(all)) if (name < '0004') await cp(join(all, name), join(folder, name))
  await migrate(db, folder)
  for (const [name, category, deleted = false] of olderProducts) {
    await sql`
      with product as (
        insert into products (name, price, stock, category, image, deleted_at)
        values (${name}, 1000, 3, ${category}, ${name.startsWith('Sepatu') ? '/images/demo/x.svg' : '/images/y.png'}, case when ${deleted} then clock_timestamp() end)
        returning *
      ), movement as (
        insert into stock_movements (product_id, quantity, reason) select id, stock, 'initial' from product
      )
      insert into outbox (type, subject_id, version, data)
      select 'product.created', id, version, to_jsonb(product) from product`.execute(db)
  }
  await migrate(db, all)
})

test('every product of an older shop has a slug of its own', async () => {
  const rows = await db.selectFrom('products').select('slug').orderBy('id').execute()
  expect(rows.map(({ slug }) => slug)).toEqual([
    'sepatu-sport',
    'tas-ransel',
    'sepatu-sport-3',
    'sepatu-sport-5',
    // Its own with its id behind is taken.
    'sepatu-sport-5-5',
    'produk-8',
    // And so is product-7.
    'product-7-7',
    'product-7',
    'product-9',
    'x'.repeat(180),
  ])
})

test('the categories that were texts are rows, in the order of their first products', async () => {
  const categories = await listCategories(db)
  expect(categories.map(({ name, slug, position, product_count }) => [name, slug, position, product_count])).toEqual([
    ['Sepatu & Tas', 'sepatu-tas', 1, 2],
    ['sepatu tas', 'category-2', 2, 0],
    ['Minuman', 'minuman', 3, 2],
    ['珈琲', 'category-4', 4, 1],
    ['y'.repeat(200), 'y'.repeat(180), 5, 1],
  ])
  expect(await findProduct(db, 2)).toMatchObject({ category: 'Sepatu & Tas', category_slug: 'sepatu-tas', version: 1 })
  expect(await findProduct(db, 8)).toMatchObject({ category: null, category_slug: null })
})

test('a product keeps its picture, and what was drawn for the demo shop is an image', async () => {
  const shown = async (id: number) => presentProduct(await findProduct(db, id), 'https://shop.example')
  const url = 'https://shop.example/images/demo/x.svg'
  const image = { id: expect.any(Number), url, srcset: null, width: 640, height: 640 }
  expect(await shown(1)).toMatchObject({ image: url, images: [image] })
  expect(await shown(2)).toMatchObject({ image: 'https://shop.example/images/y.png', images: [] })
})

test('events from before present products as those from now on do', async () => {
  for (const id of [1, 2, 6]) {
    const old = await db.selectFrom('outbox').select('data').where('subject_id', '=', id).executeTakeFirstOrThrow()
    const { created_at, updated_at, category, ...presented } = presentProduct(
      old.data as ProductRow,
      'https://shop.example',
    )
    expect(presentProduct(await findProduct(db, id), 'https://shop.example')).toEqual({
      ...presented,
      category: category && category.trim(),
      created_at: new Date(created_at).toISOString(),
      updated_at: new Date(updated_at).toISOString(),
    })
  }
})

test('the shop goes on with them', async () => {
  const changed = await changeProduct(db, 5, { category: 'Sepatu & Tas', price: 5 })
  expect(changed).toMatchObject({ slug: 'sepatu-sport-5-5', category_slug: 'sepatu-tas', version: 2 })
})
