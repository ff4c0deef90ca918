import { insertProduct } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { untilBlocked } from '@kakilima/testkit/until-blocked'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { InventoryTables } from '../database.ts'
import { changeProduct } from './change-product.ts'
import { createProduct } from './create-product.ts'
import { deleteProduct } from './delete-product.ts'
import { findProduct } from './find-product.ts'

const db = await testDatabase<InventoryTables>('inventory', 20)
const create = (name: string, slug?: string) =>
  createProduct(db, { name, price: 1, stock: 0, ...(slug !== undefined && { slug }) })
const slugTaken = { type: 'slug-taken', status: 409 }

beforeEach(async () => {
  await sql`truncate products, stock_movements, stock_changes, outbox, audit_log restart identity`.execute(db)
})

test('a product gets its slug of its name, and with its id behind it where another has that', async () => {
  const slugs = []
  for (const name of ['Teko Enamel 1,5 Liter', ' teko enamel 1.5 liter', 'Teko enamel 1–5 liter', 'x'.repeat(200)])
    slugs.push((await create(name)).slug)
  const teko = 'teko-enamel-1-5-liter'
  expect(slugs).toEqual([teko, `${teko}-2`, `${teko}-3`, 'x'.repeat(180)])
  expect((await create('x'.repeat(200))).slug).toBe(`${'x'.repeat(180)}-5`)
})

test('a name without any latin letter still has a slug', async () => {
  expect((await create('珈琲')).slug).toBe('product-1')
  expect((await create('☕')).slug).toBe('product-2')
})

test('what another was named or given is never taken again, not even from one that is gone', async () => {
  await create('Kopi', 'kopi-3')
  await deleteProduct(db, (await create('Kopi')).id)
  // 3 would be its id, and kopi-3 its slug.
  expect(await create('Kopi')).toMatchObject({ id: 4, slug: 'kopi-4' })
  await expect(create('Teh', 'kopi')).rejects.toMatchObject(slugTaken)
  await expect(create('Teh', 'kopi-3')).rejects.toMatchObject(slugTaken)
})

test('a name whose slugs are all taken is refused, and tells what to do', async () => {
  for (let id = 1; id <= 15; id++) await insertProduct(db, { slug: `kopi-${id + 15}`, stock: 0 })
  await insertProduct(db, { slug: 'kopi', stock: 0 })
  await expect(create('Kopi')).rejects.toMatchObject(slugTaken)
  expect((await create('Kopi', 'kopi-tubruk')).slug).toBe('kopi-tubruk')
})

test('two who name products the same at the same moment get two slugs', async () => {
  const first = await db.startTransaction().execute()
  const one = await createProduct(first, { name: 'Kopi', price: 1, stock: 0 })
  const waiting = create('Kopi')
  await untilBlocked(db)
  await first.commit().execute()
  expect([one.slug, (await waiting).slug]).toEqual(['kopi', expect.stringMatching(/^kopi-\d+$/)])

  const many = await Promise.all(Array.from({ length: 30 }, () => create('Susu')))
  expect(new Set(many.map((product) => product.slug)).size).toBe(30)
})

test('a slug stays as it is when the name changes, and changes when it is set', async () => {
  const { id } = await create('Kopi')
  expect(await changeProduct(db, id, { name: 'Teh' })).toMatchObject({ name: 'Teh', slug: 'kopi' })
  expect(await changeProduct(db, id, { slug: 'teh-melati' })).toMatchObject({ slug: 'teh-melati', version: 3 })
  expect((await create('Kopi')).slug).toBe('kopi')
  await expect(changeProduct(db, id, { slug: 'kopi', price: 5 })).rejects.toMatchObject(slugTaken)
  expect(await findProduct(db, id)).toMatchObject({ slug: 'teh-melati', price: 1, version: 3 })
})

test('of two who take the same slug at the same moment one gets it', async () => {
  const ids = await Promise.all(Array.from({ length: 10 }, (_, index) => create(`Kopi ${index}`).then(({ id }) => id)))
  const outcomes = await Promise.allSettled(ids.map((id) => changeProduct(db, id, { slug: 'the-one' })))
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1)
  for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(slugTaken)
})
