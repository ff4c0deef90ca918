import { productOrders, type ProductSort } from '@kakilima/contracts/desk-products'
import { insertProduct } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import type { InventoryTables } from '../database.ts'
import { decideBatch } from '../reservations/decide-batch.ts'
import { consume } from '../reservations/settle.ts'
import { deleteProduct } from './delete-product.ts'
import { writeDeskCursor } from './desk-cursor.ts'
import { listDeskProducts } from './list-desk-products.ts'

const db = await testDatabase<InventoryTables>('inventory')

beforeEach(async () => {
  await sql`truncate products, categories, stock_movements, stock_changes, outbox, audit_log restart identity`.execute(
    db,
  )
})

const namesOf = async (query: Parameters<typeof listDeskProducts>[1]) =>
  (await listDeskProducts(db, query)).rows.map(({ name }) => name)

/** All pages of a list, one after the other. */
async function walk(sort: ProductSort, limit: number): Promise<number[]> {
  const ids: number[] = []
  for (let cursor: string | undefined; ;) {
    const page = await listDeskProducts(db, { sort, limit, ...(cursor !== undefined && { cursor }) })
    ids.push(...page.rows.map(({ id }) => id))
    if (page.next === undefined) return ids
    cursor = page.next
  }
}

test('no list costs an order anything: what it changes of a product stands in no index', async () => {
  const id = await insertProduct(db, { stock: 10, sku: 'KP-1' })
  const tx = await db.startTransaction().execute()
  await decideBatch(tx, [{ order_id: 1, lines: [{ product_id: id, quantity: 2 }] }])
  await consume(tx, [1])
  const { rows } = await sql<{ updates: number; hot: number }>`
    select n_tup_upd as updates, n_tup_hot_upd as hot from pg_stat_xact_user_tables where relname = 'products'`.execute(
    tx,
  )
  await tx.rollback().execute()
  expect(rows).toEqual([{ updates: 2, hot: 2 }])
})

describe('a list of products for staff', () => {
  test('has every status and nothing that is gone, and begins with the newest', async () => {
    for (const status of ['draft', 'published', 'archived']) await insertProduct(db, { name: status, status })
    await deleteProduct(db, await insertProduct(db, { name: 'gone' }))
    expect(await namesOf({})).toEqual(['archived', 'published', 'draft'])
    expect(await namesOf({ status: 'draft' })).toEqual(['draft'])
    expect(await namesOf({ ids: '2,1,4' })).toEqual(['published', 'draft'])
  })

  test.each(productOrders.flatMap((order) => [order, `-${order}`] as const))(
    'in the order %s its pages hold every product once, also those that are alike',
    async (sort) => {
      const values = [3, 1, 2, 2, 2, 1, 3, 2]
      for (const value of values)
        await insertProduct(db, {
          name: ['', 'apel', 'Apel', 'beras'][value],
          price: value * 1000,
          stock: value * 10,
          // Another order than that of the stock.
          reserved: value === 1 ? 0 : value * 9,
          updated_at: `2026-11-2${value} 08:00:00.000123+00`,
        })
      const { rows } = await sql<{ id: number }>`
        select id from products order by ${sql.raw(
          { name: 'lower(name)', available: 'stock - reserved' }[sort.replace('-', '')] ?? sort.replace('-', ''),
        )} ${sql.raw(sort.startsWith('-') ? 'desc, id desc' : ', id')}`.execute(db)
      const expected = rows.map(({ id }) => id)
      for (const limit of [1, 3, 8]) expect(await walk(sort, limit)).toEqual(expected)
    },
  )

  test('is found by part of a name or code, in any case, or by the id', async () => {
    const id = await insertProduct(db, { name: 'Kopi 100% Arabika', sku: 'KP_1' })
    await insertProduct(db, { name: 'Teh', sku: 'KPX2' })
    await insertProduct(db, { name: 'Topi', sku: null })
    expect(await namesOf({ search: ' arab' })).toEqual(['Kopi 100% Arabika'])
    expect(await namesOf({ search: '0%' })).toEqual(['Kopi 100% Arabika'])
    expect(await namesOf({ search: 'p_1' })).toEqual(['Kopi 100% Arabika'])
    expect(await namesOf({ search: 'px' })).toEqual(['Teh'])
    expect(await namesOf({ search: `#${id}` })).toEqual(['Kopi 100% Arabika'])
    expect(await namesOf({ search: '#2' })).toEqual(['Teh'])
    expect(await namesOf({ search: '2' })).toEqual(['Teh'])
    expect(await namesOf({ search: '3' })).toEqual(['Topi'])
    expect(await namesOf({ search: '999999999999999999999' })).toEqual([])
  })

  test('counts what fits on all pages, and knows what is short and what has no category', async () => {
    const { id: category_id } = await db
      .insertInto('categories')
      .values({ name: 'Minuman', slug: 'minuman', position: 1 })
      .returning('id')
      .executeTakeFirstOrThrow()
    await insertProduct(db, { name: 'Kopi', stock: 9, reserved: 7, category_id })
    await insertProduct(db, { name: 'Teh', stock: 3 })
    await insertProduct(db, { name: 'Topi', stock: 0 })
    const page = await listDeskProducts(db, { available_at_most: 2, limit: 1, sort: 'name' })
    expect([page.total, page.rows.map(({ name, category }) => [name, category])]).toEqual([2, [['Kopi', 'Minuman']]])
    expect(await namesOf({ category_slug: 'minuman' })).toEqual(['Kopi'])
    expect(await namesOf({ category_slug: '-' })).toEqual(['Topi', 'Teh'])
    expect(await namesOf({ category_slug: 'gone' })).toEqual([])
  })

  test.each([
    ['of another order', writeDeskCursor('price', { key: 1, id: 1 })],
    ['that is no JSON', 'abc'],
    ['with another key', Buffer.from('["name",1,1]').toString('base64url')],
    ['with a key that no text can hold', writeDeskCursor('name', { key: 'a\0', id: 1 })],
    ['with no id', Buffer.from('["name","a",null]').toString('base64url')],
    ['that is no place', Buffer.from('{"name":1}').toString('base64url')],
  ])('takes no cursor %s', async (_, cursor) => {
    await expect(listDeskProducts(db, { sort: 'name', cursor })).rejects.toMatchObject({ type: 'invalid-input' })
  })
})
