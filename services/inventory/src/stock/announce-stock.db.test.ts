import { insertProduct } from '@kakilima/testkit/builders'
import { silentLogger } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { countDeadlocks, untilBlocked } from '@kakilima/testkit/until-blocked'
import { sql } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { beforeEach, expect, test } from 'vitest'
import type { InventoryTables } from '../database.ts'
import { decideBatch } from '../reservations/decide-batch.ts'
import { adjustStock } from './adjust-stock.ts'
import { announceStock, startAnnouncingStock } from './announce-stock.ts'

const db = await testDatabase<InventoryTables>('inventory', 20)
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)
let lastOrderId = 0

beforeEach(async () => {
  await sql`truncate outbox, stock_changes`.execute(db)
})

type Announced = { id: number; version: number; stock: number; reserved: number; available: number }

async function announcements(): Promise<Announced[]> {
  const events = await db.selectFrom('outbox').selectAll().where('type', '=', 'stock.changed').orderBy('id').execute()
  for (const { subject_id, version, data, due_at } of events) {
    expect({ id: subject_id, version, due_at }).toMatchObject({
      id: (data as Announced).id,
      version: (data as Announced).version,
      due_at: null,
    })
  }
  return events.map((event) => event.data as Announced)
}

function order(product_id: number) {
  return { order_id: ++lastOrderId, lines: [{ product_id, quantity: 1 }] }
}

test('a thousand changes of one product are one event, with its numbers as they are now', async () => {
  const product = await insertProduct(db, { stock: 2000 })
  await Promise.all(range(100).map(() => adjustStock(db, product, { quantity: 1 })))
  await Promise.all(
    range(45).map(() =>
      decideBatch(
        db,
        range(20).map(() => order(product)),
      ),
    ),
  )
  expect(await announceStock(db)).toBe(1)
  const updated_at = expect.any(String)
  expect(await announcements()).toEqual([
    { id: product, version: 146, stock: 2100, reserved: 900, available: 1200, updated_at },
  ])
  expect(await announceStock(db)).toBe(0)
})

test('each product that changed is announced, and no other', async () => {
  const products = [await insertProduct(db), await insertProduct(db), await insertProduct(db)]
  await adjustStock(db, products[2]!, { quantity: 5 })
  await adjustStock(db, products[0]!, { quantity: -5 })
  expect(await announceStock(db)).toBe(2)
  const stocks = (await announcements()).map(({ id, stock }): [number, number] => [id, stock])
  expect(stocks.toSorted(([a], [b]) => a - b)).toEqual([
    [products[0], 5],
    [products[2], 15],
  ])
})

test('a change that is undone is not announced', async () => {
  const product = await insertProduct(db)
  await expect(adjustStock(db, product, { quantity: -11 })).rejects.toMatchObject({ type: 'insufficient-stock' })
  const undone = await db.startTransaction().execute()
  await adjustStock(undone, product, { quantity: 1 })
  await undone.rollback().execute()
  expect(await announceStock(db)).toBe(0)
})

test('a change that was noted and commits while it is being announced is announced, too', async () => {
  const product = await insertProduct(db)
  await adjustStock(db, product, { quantity: 1 })
  const slow = await db.startTransaction().execute()
  await adjustStock(slow, product, { quantity: 100 })
  const announcing = announceStock(db)
  // It may wait for the change or announce what it sees; either way the change must be told of in the end.
  await Promise.race([announcing, untilBlocked(db)])
  await slow.commit().execute()
  await announcing
  await announceStock(db)
  expect((await announcements()).at(-1)).toMatchObject({ id: product, stock: 111 })
})

test('a product that changes while its announcement is being written is noted anew', async () => {
  const product = await insertProduct(db)
  await adjustStock(db, product, { quantity: 1 })
  const announcing = await db.startTransaction().execute()
  expect(await announceStock(announcing)).toBe(1)
  const changing = adjustStock(db, product, { quantity: 100 })
  await untilBlocked(db)
  await announcing.commit().execute()
  await changing
  expect(await announceStock(db)).toBe(1)
  expect((await announcements()).map(({ stock }) => stock)).toEqual([11, 111])
})

test('while many change and announce at once, the last event of each product tells its last numbers', async () => {
  const products = await Promise.all(range(5).map(() => insertProduct(db, { stock: 10_000 })))
  const before = await countDeadlocks(db)
  let isOver = false
  const announcing = range(3).map(async () => {
    while (!isOver) await announceStock(db)
  })
  await Promise.all(
    range(8).map(async (worker) => {
      for (const round of range(20)) {
        const mixed = products.toSorted((a, b) => ((a * 7 + worker) % 5) - ((b * 7 + worker) % 5))
        if (round % 2 === 0) await adjustStock(db, mixed[0]!, { quantity: worker })
        else
          await decideBatch(db, [
            { order_id: ++lastOrderId, lines: mixed.map((product_id) => ({ product_id, quantity: 1 })) },
          ])
      }
    }),
  )
  isOver = true
  await Promise.all(announcing)
  await announceStock(db)
  expect(await countDeadlocks(db)).toBe(before)
  const told = await announcements()
  const rows = await db.selectFrom('products').selectAll().where('id', 'in', products).execute()
  for (const { id, version, stock, reserved } of rows) {
    const mine = told.filter((announced) => announced.id === id)
    const latest = mine.toSorted((a, b) => a.version - b.version).at(-1)
    expect(latest).toEqual({
      id,
      version,
      stock,
      reserved,
      available: stock - reserved,
      updated_at: expect.any(String),
    })
    expect(new Set(mine.map((announced) => announced.version)).size).toBe(mine.length)
  }
})

test('announcements are made by themselves until they are stopped', async () => {
  const product = await insertProduct(db)
  const loop = startAnnouncingStock(db, silentLogger())
  try {
    await adjustStock(db, product, { quantity: 7 })
    await eventually(async () => expect(await announcements()).toMatchObject([{ id: product, stock: 17 }]))
  } finally {
    await loop.stop()
  }
  await adjustStock(db, product, { quantity: 7 })
  expect(await announcements()).toHaveLength(1)
})
