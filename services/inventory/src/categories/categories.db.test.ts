import { auditLogOf, whileAuditLogIsFull } from '@kakilima/testkit/audit-log'
import { countDeadlocks, untilBlocked } from '@kakilima/testkit/until-blocked'
import { eventsOf } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { InventoryTables } from '../database.ts'
import type { ImageStore } from '../images/image-store.ts'
import { changeProduct } from '../products/change-product.ts'
import { createProduct } from '../products/create-product.ts'
import { deleteProduct } from '../products/delete-product.ts'
import { findProduct } from '../products/find-product.ts'
import { decideBatch } from '../reservations/decide-batch.ts'
import { changeCategory } from './change-category.ts'
import { createCategory } from './create-category.ts'
import { deleteCategory } from './delete-category.ts'
import { findCategory, listCategories } from './list-categories.ts'

const db = await testDatabase<InventoryTables>('inventory', 20)
const range = (length: number) => Array.from({ length }, (_, index) => index)
const noStore: ImageStore = { put: async () => undefined, copy: async () => true, delete: async () => undefined }
const remove = (id: number) => deleteCategory(db, noStore, id)

beforeEach(async () => {
  await sql`truncate products, categories, stock_movements, stock_changes, decisions, outbox, audit_log restart identity`.execute(
    db,
  )
})

async function newProduct(category: string | null, more: { name?: string; status?: 'draft' } = {}): Promise<number> {
  return (await createProduct(db, { name: 'Kopi', price: 1, stock: 5, category, ...more })).id
}

const names = async () => (await listCategories(db)).map(({ name, product_count }) => `${name} ${product_count}`)

test('a category that is not known comes with its first product, and goes behind the others', async () => {
  await newProduct('Minuman')
  await newProduct(' Makanan & Camilan ')
  await newProduct('Minuman')
  await newProduct('Minuman', { status: 'draft' })
  await deleteProduct(db, await newProduct('Minuman'))
  for (const nothing of [null, '', '  ']) await newProduct(nothing)
  expect(await listCategories(db)).toMatchObject([
    { id: 1, name: 'Minuman', slug: 'minuman', position: 1, image: null, product_count: 2 },
    { id: 2, name: 'Makanan & Camilan', slug: 'makanan-camilan', position: 2, product_count: 1 },
  ])
  expect(await findProduct(db, 2)).toMatchObject({ category: 'Makanan & Camilan', category_slug: 'makanan-camilan' })
  expect(await findProduct(db, 8)).toMatchObject({ category: null, category_slug: null })
  const made = (await auditLogOf(db)).filter(({ action }) => action === 'category.create')
  expect(made.map(({ after }) => after.name)).toEqual(['Minuman', 'Makanan & Camilan'])
})

test('those who name the same new category at the same moment get the same one', async () => {
  const first = await db.startTransaction().execute()
  await createProduct(first, { name: 'Kopi', price: 1, stock: 0, category: 'Minuman' })
  const waiting = newProduct('Minuman')
  await untilBlocked(db)
  await first.commit().execute()
  await waiting
  expect(await names()).toEqual(['Minuman 2'])

  await Promise.all(range(40).map((n) => newProduct(`Kategori ${n % 4}`)))
  expect((await names()).toSorted()).toEqual([
    'Kategori 0 10',
    'Kategori 1 10',
    'Kategori 2 10',
    'Kategori 3 10',
    'Minuman 2',
  ])
})

test('categories stand in the order of their positions', async () => {
  await createCategory(db, { name: 'c', position: 30 })
  await createCategory(db, { name: 'a', position: 10 })
  await createCategory(db, { name: 'd' })
  await createCategory(db, { name: 'b', position: 30 })
  expect((await listCategories(db)).map(({ name, position }) => `${name} ${position}`)).toEqual([
    'a 10',
    'c 30',
    'b 30',
    'd 31',
  ])
})

test('a name or slug that another category has is refused', async () => {
  await createCategory(db, { name: 'Kopi & Teh' })
  const other = await createCategory(db, { name: 'kopi teh' })
  expect(other.slug).toBe('kopi-teh-2')
  expect((await createCategory(db, { name: '茶' })).slug).toBe('category-3')
  const exists = { type: 'category-exists', status: 409 }
  const taken = { type: 'slug-taken', status: 409 }
  await expect(createCategory(db, { name: ' Kopi & Teh ' })).rejects.toMatchObject(exists)
  await expect(createCategory(db, { name: 'Baru', slug: 'kopi-teh' })).rejects.toMatchObject(taken)
  await expect(changeCategory(db, other.id, { name: 'Kopi & Teh' })).rejects.toMatchObject(exists)
  await expect(changeCategory(db, other.id, { slug: 'kopi-teh' })).rejects.toMatchObject(taken)
  await expect(changeCategory(db, 999, { name: 'Kopi' })).rejects.toMatchObject({ type: 'category-not-found' })
  expect(await names()).toEqual(['Kopi & Teh 0', 'kopi teh 0', '茶 0'])

  const outcomes = await Promise.allSettled(range(10).map(() => createCategory(db, { name: 'Satu' })))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(exists)
  // Names of their own, but the same slug: each gets one.
  const made = await Promise.all(range(8).map((n) => createCategory(db, { name: `Dua${'!'.repeat(n)}` })))
  expect(new Set(made.map(({ slug }) => slug)).size).toBe(8)
})

test('a new name or slug is a change of each of its products, and of no other', async () => {
  const ids = [await newProduct('Minuman'), await newProduct('Minuman', { status: 'draft' })]
  const gone = await newProduct('Minuman')
  await deleteProduct(db, gone)
  const other = await newProduct('Makanan')
  await sql`truncate audit_log`.execute(db)

  await changeCategory(db, 1, { name: ' Kopi & Teh ' })
  await changeCategory(db, 1, { slug: 'kopi-teh' })
  for (const id of ids) {
    expect(await findProduct(db, id)).toMatchObject({ category: 'Kopi & Teh', category_slug: 'kopi-teh', version: 3 })
    expect(await eventsOf(db, id)).toEqual(['product.created 1', 'product.updated 2', 'product.updated 3'])
  }
  const { rows } = await sql<{ told: string }>`
    select (data ->> 'category') || ' ' || (data ->> 'category_slug') as told from outbox
    where type = 'product.updated' and subject_id = ${ids[0]} order by version`.execute(db)
  expect(rows.map(({ told }) => told)).toEqual(['Kopi & Teh minuman', 'Kopi & Teh kopi-teh'])
  expect(await eventsOf(db, gone)).toEqual(['product.created 1', 'product.deleted 2'])
  expect(await findProduct(db, other)).toMatchObject({ version: 1 })
  expect(await auditLogOf(db)).toMatchObject([
    { action: 'category.update', subject_id: 1, before: { name: 'Minuman' }, after: { name: 'Kopi & Teh' } },
    { action: 'category.update', subject_id: 1, before: { slug: 'minuman' }, after: { slug: 'kopi-teh' } },
  ])
})

test('a new position is a change of no product, and a change of nothing is none', async () => {
  const id = await newProduct('Minuman')
  await sql`truncate audit_log`.execute(db)
  await changeCategory(db, 1, { position: 7 })
  const { updated_at } = await findCategory(db, 1)
  await changeCategory(db, 1, { position: 7, name: 'Minuman', slug: 'minuman' })
  await changeCategory(db, 1, {})
  expect(await findCategory(db, 1)).toMatchObject({ position: 7, updated_at })
  expect(await eventsOf(db, id)).toEqual(['product.created 1'])
  expect(await auditLogOf(db)).toMatchObject([
    { action: 'category.update', before: { position: 1 }, after: { position: 7 } },
  ])
})

test('a category that is deleted leaves its products without one, each with its event', async () => {
  const [id, gone] = [await newProduct('Minuman'), await newProduct('Minuman')]
  await deleteProduct(db, gone)
  await sql`truncate audit_log`.execute(db)
  await remove(1)
  expect(await findProduct(db, id)).toMatchObject({
    category: null,
    category_slug: null,
    category_id: null,
    version: 2,
  })
  expect(await eventsOf(db, id)).toEqual(['product.created 1', 'product.updated 2'])
  expect(await eventsOf(db, gone)).toEqual(['product.created 1', 'product.deleted 2'])
  expect(await auditLogOf(db)).toMatchObject([
    { action: 'category.delete', subject_id: 1, before: { name: 'Minuman', slug: 'minuman' }, after: null },
  ])
  await expect(remove(1)).rejects.toMatchObject({ type: 'category-not-found', message: 'Category not found' })
})

test('no change of a category stands without its entry', async () => {
  const id = await newProduct('Minuman')
  await whileAuditLogIsFull(db, async () => {
    for (const change of [
      () => changeCategory(db, 1, { name: 'Kopi' }),
      () => remove(1),
      () => createCategory(db, { name: 'Baru' }),
    ])
      await expect(change()).rejects.toThrow('audit_log_is_full')
  })
  expect(await names()).toEqual(['Minuman 1'])
  expect(await findProduct(db, id)).toMatchObject({ category: 'Minuman', version: 1 })
})

test('a product that joins a category while it is renamed or deleted is told of as it ends', async () => {
  const before = await countDeadlocks(db)
  const [moving, staying] = [await newProduct('Makanan'), await newProduct('Minuman')]
  const deleting = await db.startTransaction().execute()
  await deleteCategory(deleting, noStore, 2)
  const joining = changeProduct(db, moving, { category: 'Minuman' })
  await untilBlocked(db)
  await deleting.commit().execute()
  // The category of that name is a new one by now.
  expect(await joining).toMatchObject({ category: 'Minuman', category_id: 3 })
  expect(await findProduct(db, staying)).toMatchObject({ category: null })

  const adding = await db.startTransaction().execute()
  await createProduct(adding, { name: 'Teh', price: 1, stock: 0, category: 'Minuman' })
  const renaming = changeCategory(db, 3, { name: 'Kopi' })
  await untilBlocked(db)
  await adding.commit().execute()
  await renaming
  expect(await names()).toEqual(['Makanan 0', 'Kopi 2'])
  expect(await countDeadlocks(db)).toBe(before)
})

test('whatever happens to categories, products and orders at once, every product ends as its last event says', async () => {
  const deadlocks = await countDeadlocks(db)
  const ids = await Promise.all(range(12).map((n) => newProduct(`Kategori ${n % 3}`, { name: `Produk ${n}` })))
  const categories = await listCategories(db)
  let orderId = 0
  await Promise.all(
    range(150).map(async (n) => {
      const id = ids[n % ids.length]!
      if (n % 5 === 0) return changeCategory(db, categories[n % 3]!.id, { name: `Nama ${n}` })
      if (n % 5 === 1) return changeProduct(db, id, { category: `Kategori ${n % 4}` })
      if (n % 5 === 2) return changeProduct(db, id, { price: n })
      if (n % 5 === 3)
        return decideBatch(db, [{ order_id: ++orderId, lines: ids.map((product_id) => ({ product_id, quantity: 1 })) }])
      return newProduct(`Kategori ${n % 4}`, { name: `Produk ${n}` })
    }),
  )
  for (const { id } of await db.selectFrom('products').select('id').execute()) {
    const { category, category_slug, price } = await findProduct(db, id)
    const events = await db
      .selectFrom('outbox')
      .select(['version', 'data'])
      .where('subject_id', '=', id)
      .orderBy('version')
      .execute()
    expect(new Set(events.map(({ version }) => version)).size).toBe(events.length)
    expect(events.at(-1)!.data).toMatchObject({ category, category_slug, price })
  }
  expect(await countDeadlocks(db)).toBe(deadlocks)
})
