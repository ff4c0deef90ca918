import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type FakeProducts, fakeProducts } from '@kakilima/testkit/fake-products'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { CatalogTables } from '../database.ts'
import { applyStates } from '../projections/apply-states.ts'
import { project } from '../projections/projection.ts'
import { rebuildCatalog } from './rebuild-catalog.ts'

const db = await testDatabase<CatalogTables>('catalog')
let inventory: FakeProducts

beforeEach(async () => {
  await sql`truncate products, feed_positions`.execute(db)
  inventory = fakeProducts()
})

const rebuild = () => rebuildCatalog({ db, source: inventory })
const rows = () => db.selectFrom('products').selectAll().orderBy('id').execute()
/** Applies all that inventory has told, as a follower does. */
const applyEvents = () => applyStates(db, project(inventory.events))

/** The rows but for the versions that their two halves come from, which a snapshot cannot tell apart. */
const comparable = async () =>
  (await rows()).map(({ fields_version, stock_version, version, ...rest }) => {
    expect(Math.max(fields_version, stock_version)).toBe(version)
    return { ...rest, version }
  })

function fillInventory(): void {
  for (let count = 0; count < 20; count++) inventory.create({ name: `Product of ${count}` })
  for (const { id } of inventory.all()) {
    if (id % 3 === 0) inventory.change(id, { price: id, status: 'draft', images: [] })
    if (id % 4 === 0) inventory.sell(id, 2)
    if (id % 5 === 0) inventory.delete(id)
  }
}

test('a rebuild makes the rows that the events make, tombstones among them', async () => {
  fillInventory()
  await applyEvents()
  const live = await comparable()
  expect(live.filter((one) => one.is_deleted)).toHaveLength(4)
  await sql`truncate products`.execute(db)
  expect(await rebuild()).toEqual({ products: 16, tombstones: 4 })
  expect(await comparable()).toEqual(live)
  expect(await rebuild()).toEqual({ products: 16, tombstones: 4 })
  expect(await comparable()).toEqual(live)
})

test('a rebuild does not write rows that are right', async () => {
  fillInventory()
  await rebuild()
  const places = async () => (await sql`select id, ctid::text from products order by id`.execute(db)).rows
  const before = await places()
  await rebuild()
  expect(await places()).toEqual(before)
})

test('after a rebuild late events change nothing', async () => {
  fillInventory()
  await rebuild()
  const before = await rows()
  for (const event of inventory.events.toReversed()) await applyStates(db, project([event]))
  expect(await rows()).toEqual(before)
})

test('a rebuild mends rows that are wrong, missing, or of products that there never were', async () => {
  fillInventory()
  await rebuild()
  const right = await rows()
  await sql`update products set name = 'wrong', stock = 99, images = '[]' where id = 2`.execute(db)
  await sql`update products set name = 'ahead', fields_version = 50, stock_version = 70 where id = 3`.execute(db)
  await sql`update products set is_deleted = true where id = 4`.execute(db)
  await sql`update products set is_deleted = false where id = 5`.execute(db)
  await sql`delete from products where id = 6`.execute(db)
  await sql`insert into products (id, name, fields_version, stock_version) values (500, 'never was', 3, 3), (501, '', 0, 8)`.execute(
    db,
  )
  await rebuild()
  expect(await rows()).toEqual(right)
})

test('many products are taken in pages, wherever deleted ones stand between them', async () => {
  for (let count = 0; count < 4300; count++) inventory.create()
  for (let id = 1; id <= 2300; id++) if (id <= 1200 || id % 2 === 0) inventory.delete(id)
  expect(await rebuild()).toEqual({ products: 2550, tombstones: 1750 })
  const live = await rows()
  expect(live.map(({ id }) => id)).toEqual(Array.from({ length: 4300 }, (_, index) => index + 1))
  expect(live.filter((one) => one.is_shown).map(({ id }) => id)).toEqual(inventory.all().map(({ id }) => id))
  // Again with all rows there, and with a few of them.
  await rebuild()
  expect(await rows()).toEqual(live)
  await sql`delete from products where id % 7 <> 0`.execute(db)
  await rebuild()
  expect(await rows()).toEqual(live)
})

test('the position is the one from before the first page, and what followers have stored gives way to it', async () => {
  fillInventory()
  await rebuild()
  const begun = inventory.events.at(-1)!.id
  expect(await db.selectFrom('feed_positions').selectAll().execute()).toMatchObject([{ after: begun, missing: [] }])
  inventory.beforeAnswer = async (call) => {
    if (call !== 'page') return
    inventory.create()
    await sql`update feed_positions set after = ${begun + 1}, revision = revision + 1`.execute(db)
  }
  await rebuild()
  expect(await db.selectFrom('feed_positions').selectAll().execute()).toMatchObject([{ after: begun, revision: 4 }])
})

test('a row that an event changes while inventory is asked does not go back', async () => {
  for (const name of ['changed', 'sold', 'deleted', 'quiet']) inventory.create({ name })
  await applyEvents()
  const seen: number[][] = []
  inventory.beforeAnswer = async (call) => {
    if (call !== 'deleted') return
    // Inventory has answered with the products of before; what happens now comes to the catalog first.
    inventory.change(1, { name: 'changed twice' })
    inventory.sell(2, 3)
    inventory.create({ name: 'new' })
    await applyEvents()
    seen.push((await rows()).map(({ version }) => version))
  }
  await rebuild()
  expect(await rows()).toMatchObject([
    { name: 'changed twice', version: 2 },
    { name: 'sold', stock: 7, version: 2 },
    { name: 'deleted', version: 1 },
    { name: 'quiet', version: 1 },
    { name: 'new', version: 1 },
  ])
  expect(seen).toEqual([[2, 2, 1, 1, 1]])
})

test('a product that is taken out between the two questions is not lost and not brought back', async () => {
  inventory.create()
  inventory.create()
  await applyEvents()
  inventory.beforeAnswer = (call) => {
    if (call === 'deleted' && inventory.all().length === 2) inventory.delete(1)
  }
  await rebuild()
  expect(await rows()).toMatchObject([
    { id: 1, version: 2, is_deleted: true },
    { id: 2, is_deleted: false },
  ])
})

test('a rebuild that fails halfway stores no position, and can be done again', async () => {
  for (let count = 0; count < 1100; count++) inventory.create()
  let pages = 0
  inventory.beforeAnswer = (call) => {
    if (call === 'page' && ++pages === 2) throw new Error('the inventory service is away')
  }
  await expect(rebuild()).rejects.toThrow('the inventory service is away')
  expect(await rows()).toHaveLength(1000)
  expect(await db.selectFrom('feed_positions').selectAll().execute()).toEqual([])
  expect(await rebuild()).toEqual({ products: 1100, tombstones: 0 })
  expect(await rows()).toHaveLength(1100)
})

test('while one rebuild goes on no other begins', async () => {
  inventory.create()
  let other: unknown = 'not asked'
  inventory.beforeAnswer = async (call) => {
    if (call === 'page' && other === 'not asked') other = await rebuild()
  }
  expect(await rebuild()).toEqual({ products: 1, tombstones: 0 })
  expect(other).toBeUndefined()
  expect(await rebuild()).toEqual({ products: 1, tombstones: 0 })
})
