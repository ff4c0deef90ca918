import type { ShopEvent } from '@kakilima/contracts/events'
import type { Product } from '@kakilima/contracts/inventory'
import { inTransaction } from '@kakilima/kit/transaction'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { countDeadlocks } from '@kakilima/testkit/until-blocked'
import fc from 'fast-check'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { CatalogTables } from '../database.ts'
import { applyStates } from './apply-states.ts'
import { project } from './projection.ts'

const db = await testDatabase<CatalogTables>('catalog')

beforeEach(async () => {
  await sql`truncate products`.execute(db)
})

const apply = (events: ShopEvent[]) => inTransaction(db, (tx) => applyStates(tx, project(events)))
const rows = () => db.selectFrom('products').selectAll().orderBy('id').execute()
const row = (id: number) => db.selectFrom('products').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

/** Each version has its own second. */
const timeOf = (version: number) => new Date(Date.UTC(2026, 10, 22, 8, 0, version)).toISOString()

function productAt(id: number, version: number, fields: Partial<Product> = {}): Product {
  return {
    id,
    slug: `kopi-${version}`,
    name: `Kopi ${version}`,
    price: version * 1000,
    stock: 20,
    reserved: 3,
    available: 17,
    description: '"Hitam" \\ {pekat}',
    sku: null,
    category: 'Minuman',
    category_slug: 'minuman',
    image: null,
    images: [{ id: version, url: 'http://127.0.0.1:8002/images/1.webp', srcset: null, width: 640, height: 480 }],
    status: 'published',
    weight_grams: null,
    version,
    created_at: timeOf(0),
    updated_at: timeOf(version),
    ...fields,
  }
}

let lastId = 0
function event(type: ShopEvent['type'], subject_id: number, version: number, data: unknown): ShopEvent {
  return { id: ++lastId, type, subject_id, version, occurred_at: timeOf(version), data }
}
const told = (type: 'product.created' | 'product.updated', product: Product) =>
  event(type, product.id, product.version, product)
const created = (id: number) => told('product.created', productAt(id, 1))
const updated = (id: number, version: number, fields?: Partial<Product>) =>
  told('product.updated', productAt(id, version, fields))
const deleted = (id: number, version: number) => event('product.deleted', id, version, { id, version })
const counted = (id: number, version: number, available: number) =>
  event('stock.changed', id, version, {
    id,
    version,
    stock: available + 2,
    reserved: 2,
    available,
    updated_at: timeOf(version),
  })

test('a row shows a product as inventory has it, and of its units those that can be sold', async () => {
  await apply([created(7)])
  const { reserved: _, available, ...fields } = productAt(7, 1)
  expect(await row(7)).toEqual({
    ...fields,
    stock: available,
    fields_version: 1,
    stock_version: 1,
    is_deleted: false,
    is_shown: true,
  })
})

test('fields and stock each come from the newest event that tells of them', async () => {
  await apply([created(7)])
  await apply([counted(7, 4, 5)])
  expect(await row(7)).toMatchObject({ name: 'Kopi 1', stock: 5, version: 4, updated_at: timeOf(4) })
  await apply([updated(7, 3, { available: 99 })])
  expect(await row(7)).toMatchObject({ name: 'Kopi 3', price: 3000, stock: 5, version: 4, updated_at: timeOf(4) })
  await apply([updated(7, 2), counted(7, 3, 77), created(7)])
  expect(await row(7)).toMatchObject({ name: 'Kopi 3', stock: 5, version: 4, updated_at: timeOf(4) })
  await apply([updated(7, 5, { available: 8, category: null, images: [] })])
  expect(await row(7)).toMatchObject({ name: 'Kopi 5', stock: 8, version: 5, category: null, images: [] })
})

test('a product whose stock is heard of first is shown when the product itself is', async () => {
  await apply([counted(7, 2, 5)])
  expect(await row(7)).toMatchObject({ is_shown: false, stock: 5, version: 2 })
  await apply([created(7)])
  expect(await row(7)).toMatchObject({ is_shown: true, name: 'Kopi 1', stock: 5, version: 2, created_at: timeOf(0) })
})

test('a deleted product stays deleted, whatever comes from before', async () => {
  await apply([created(7), counted(7, 2, 5)])
  await apply([deleted(7, 3)])
  const tombstone = await row(7)
  expect(tombstone).toMatchObject({ is_deleted: true, is_shown: false, name: '', stock: 0, version: 3 })
  // Inventory announces the stock of a product that was deleted meanwhile under the version of the deletion.
  for (const late of [created(7), updated(7, 2), counted(7, 2, 5), counted(7, 3, 5), deleted(7, 3)]) {
    await apply([late])
    expect(await row(7)).toEqual(tombstone)
  }
  await apply([deleted(8, 3)])
  await apply([created(8), counted(8, 3, 5)])
  expect(await row(8)).toEqual({ ...tombstone, id: 8 })
})

test('events of other things change nothing', async () => {
  await apply([event('order.placed', 7, 1, { id: 7 })])
  expect(await rows()).toEqual([])
})

test('what is known already is not written again', async () => {
  const history = [created(1), counted(1, 2, 5), deleted(2, 2), counted(3, 1, 1)]
  await apply(history)
  const places = async () => (await sql`select id, ctid::text from products order by id`.execute(db)).rows
  const before = await places()
  for (const again of history) await apply([again])
  expect(await places()).toEqual(before)
})

// --- any order ---

type Step = 'update' | 'take' | 'announce' | 'delete'
const steps = fc.array(fc.constantFrom<Step>('update', 'take', 'take', 'announce', 'delete'), { maxLength: 8 })

/** What inventory tells of one product in the course of these steps, in its order, and how the product is in the end. */
function tell(id: number, course: Step[]): { events: ShopEvent[]; end: Partial<Product> | undefined } {
  let version = 1
  let available = 100
  let product: Product | undefined = productAt(id, 1, { available })
  let isNoted = false
  const events = [told('product.created', product)]
  for (const step of [...course, 'announce'] as Step[]) {
    if (step === 'announce') {
      if (isNoted) events.push(counted(id, version, available))
      isNoted = false
    } else if (product === undefined) continue
    else if (step === 'update') {
      product = productAt(id, ++version, { available })
      events.push(told('product.updated', product))
    } else if (step === 'take') {
      product = { ...product, version: ++version, available: --available, updated_at: timeOf(version) }
      isNoted = true
    } else {
      events.push(deleted(id, ++version))
      product = undefined
    }
  }
  return { events, end: product }
}

const histories = fc.array(steps, { minLength: 1, maxLength: 4 })
/** Cuts a delivery into batches, each as long as the next number says. */
const batchSizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 })

test('whatever the order, the doublings and the batches, the rows end as in order', async () => {
  const deliveries = histories.chain((courses) => {
    const products = courses.map((course, index) => tell(index + 1, course))
    const events = products.flatMap((product) => product.events)
    const shuffled = fc
      .tuple(
        fc.shuffledSubarray(events, { minLength: events.length }),
        fc.array(fc.constantFrom(...events), { maxLength: 20 }),
      )
      .chain(([once, again]) => fc.shuffledSubarray([...once, ...again], { minLength: once.length + again.length }))
    return fc.record({ products: fc.constant(products), events: fc.constant(events), shuffled, batchSizes })
  })
  await fc.assert(
    fc.asyncProperty(deliveries, async ({ products, events, shuffled, batchSizes: sizes }) => {
      await db.deleteFrom('products').execute()
      for (const one of events) await apply([one])
      const expected = await rows()
      for (const [index, { end }] of products.entries()) {
        const { stock, ...shown } = expected[index]!
        if (end === undefined) expect(shown).toMatchObject({ is_deleted: true })
        else {
          const { reserved: _reserved, stock: _stock, available, ...fields } = end
          expect(shown).toMatchObject({ ...fields, is_deleted: false })
          expect(stock).toBe(available)
        }
      }
      await db.deleteFrom('products').execute()
      for (let done = 0, batch = 0; done < shuffled.length; batch++) {
        const size = sizes[batch % sizes.length]!
        await apply(shuffled.slice(done, done + size))
        done += size
      }
      expect(await rows()).toEqual(expected)
      await db.deleteFrom('products').execute()
      await apply(shuffled)
      expect(await rows()).toEqual(expected)
    }),
    { numRuns: 150 },
  )
})

test('processes that write the same rows in any order do not get in each other’s way', async () => {
  const ids = Array.from({ length: 400 }, (_, index) => index + 1)
  const before = await countDeadlocks(db)
  await Promise.all(
    [1, 2, 3, 4].map(async (process) => {
      for (const round of [1, 2, 3, 4, 5]) {
        const mixed = process % 2 === 0 ? ids : ids.toReversed()
        await apply(mixed.map((id) => updated(id, round * 4 + process)))
      }
    }),
  )
  expect(await countDeadlocks(db)).toBe(before)
  expect(new Set((await rows()).map(({ version }) => version))).toEqual(new Set([24]))
})
