import { insertProduct } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { countDeadlocks } from '@kakilima/testkit/until-blocked'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { InventoryTables } from '../database.ts'
import { decideBatch } from './decide-batch.ts'
import { consume, release } from './settle.ts'

const db = await testDatabase<InventoryTables>('inventory', 20)
const range = (length: number) => Array.from({ length }, (_, index) => index)
let lastOrderId = 0

/** An order whose units are reserved. */
async function reserve(...lines: [productId: number, quantity: number][]): Promise<number> {
  const order_id = ++lastOrderId
  const [decision] = await decideBatch(db, [
    { order_id, lines: lines.map(([product_id, quantity]) => ({ product_id, quantity })) },
  ])
  expect(decision!.state).toBe('reserved')
  return order_id
}

async function unitsOf(id: number) {
  return db.selectFrom('products').select(['stock', 'reserved']).where('id', '=', id).executeTakeFirstOrThrow()
}

async function movementsOf(orderId: number) {
  return db
    .selectFrom('stock_movements')
    .select(['product_id', 'quantity', 'reason'])
    .where('order_id', '=', orderId)
    .orderBy('product_id')
    .execute()
}

async function notedChanges(): Promise<number[]> {
  const rows = await db.selectFrom('stock_changes').select('product_id').orderBy('product_id').execute()
  return rows.map((row) => row.product_id)
}

test('a release gives the units back once, however often it is asked for', async () => {
  const [one, two] = [await insertProduct(db), await insertProduct(db)]
  const order = await reserve([one, 3], [two, 2])
  expect([await unitsOf(one), await unitsOf(two)]).toEqual([
    { stock: 10, reserved: 3 },
    { stock: 10, reserved: 2 },
  ])
  await db.deleteFrom('stock_changes').execute()
  const released = await release(db, [order])
  expect(released).toMatchObject([{ order_id: order, state: 'released', lines: [{ quantity: 3 }, { quantity: 2 }] }])
  expect(await notedChanges()).toEqual([one, two])
  await db.deleteFrom('stock_changes').execute()
  expect(await release(db, [order, order])).toEqual(released)
  await Promise.all(range(20).map(() => release(db, [order])))
  expect([await unitsOf(one), await unitsOf(two)]).toEqual([
    { stock: 10, reserved: 0 },
    { stock: 10, reserved: 0 },
  ])
  expect(await notedChanges()).toEqual([])
  expect(await movementsOf(order)).toEqual([])
})

test('several orders of one product are released together, each with its own units', async () => {
  const product = await insertProduct(db)
  const orders = [await reserve([product, 1]), await reserve([product, 2]), await reserve([product, 4])]
  await release(db, [orders[2]!, orders[0]!])
  expect(await unitsOf(product)).toEqual({ stock: 10, reserved: 2 })
})

test('stock and reserved fall together when an order is consumed, with one movement in the ledger for each line', async () => {
  const [one, two] = [await insertProduct(db), await insertProduct(db)]
  const order = await reserve([two, 2], [one, 3])
  await db.deleteFrom('stock_changes').execute()
  const consumed = await consume(db, [order])
  expect(consumed).toMatchObject([{ order_id: order, state: 'consumed' }])
  expect(await consume(db, [order])).toEqual(consumed)
  expect([await unitsOf(one), await unitsOf(two)]).toEqual([
    { stock: 7, reserved: 0 },
    { stock: 8, reserved: 0 },
  ])
  expect(await movementsOf(order)).toEqual([
    { product_id: one, quantity: -3, reason: 'sale' },
    { product_id: two, quantity: -2, reason: 'sale' },
  ])
  expect(await notedChanges()).toEqual([one, two])
})

test('fifty parallel consumptions of one order take its units once', async () => {
  const product = await insertProduct(db)
  const order = await reserve([product, 4])
  const answers = await Promise.all(range(50).map(() => consume(db, [order])))
  for (const [decision] of answers) expect(decision).toMatchObject({ order_id: order, state: 'consumed' })
  expect(await unitsOf(product)).toEqual({ stock: 6, reserved: 0 })
  expect(await movementsOf(order)).toEqual([{ product_id: product, quantity: -4, reason: 'sale' }])
})

test('what was released, rejected or never seen takes nothing from the shelf', async () => {
  const product = await insertProduct(db)
  const released = await reserve([product, 2])
  await release(db, [released])
  const rejected = ++lastOrderId
  await decideBatch(db, [{ order_id: rejected, lines: [{ product_id: product, quantity: 500 }] }])
  const unknown = ++lastOrderId
  const answers = await consume(db, [released, rejected, unknown])
  expect(answers.map(({ order_id, state }) => [order_id, state])).toEqual([
    [released, 'released'],
    [rejected, 'rejected'],
  ])
  expect(await unitsOf(product)).toEqual({ stock: 10, reserved: 0 })
  expect(await movementsOf(released)).toEqual([])
})

test('what was consumed or rejected cannot be released any more', async () => {
  const product = await insertProduct(db)
  const consumed = await reserve([product, 2])
  await consume(db, [consumed])
  const rejected = ++lastOrderId
  await decideBatch(db, [{ order_id: rejected, lines: [{ product_id: product, quantity: 500 }] }])
  const answers = await release(db, [consumed, rejected])
  expect(answers.map((decision) => decision.state)).toEqual(['consumed', 'rejected'])
  expect(await unitsOf(product)).toEqual({ stock: 8, reserved: 0 })
})

test('of a release and a consumption that race exactly one wins', async () => {
  const winners = new Set<string>()
  for (const round of range(60)) {
    const product = await insertProduct(db)
    const order = await reserve([product, 3])
    const verbs = round % 2 === 0 ? [release, consume] : [consume, release]
    const [one, two] = await Promise.all(verbs.map((verb) => verb(db, [order])))
    const { state } = await db
      .selectFrom('decisions')
      .select('state')
      .where('order_id', '=', order)
      .executeTakeFirstOrThrow()
    expect([one![0]!.state, two![0]!.state]).toEqual([state, state])
    expect(await unitsOf(product)).toEqual({ stock: state === 'consumed' ? 7 : 10, reserved: 0 })
    expect(await movementsOf(order)).toHaveLength(state === 'consumed' ? 1 : 0)
    winners.add(state)
  }
  expect([...winners].toSorted()).toEqual(['consumed', 'released'])
})

test('batches that release and consume the same orders in any order do not hold each other up', async () => {
  const products = [await insertProduct(db, { stock: 1000 }), await insertProduct(db, { stock: 1000 })]
  const orders: number[] = []
  for (const _ of range(40)) orders.push(await reserve([products[0]!, 1], [products[1]!, 2]))
  const before = await countDeadlocks(db)
  const shuffled = orders.toSorted((a, b) => (a % 7) - (b % 7) || a - b)
  await Promise.all([
    release(db, orders),
    release(db, orders.toReversed()),
    consume(db, shuffled),
    consume(db, shuffled.toReversed()),
  ])
  expect(await countDeadlocks(db)).toBe(before)
  const { rows } = await sql<{ state: string }>`
    select distinct state from decisions where order_id = any(${orders}::int8[])`.execute(db)
  expect(rows).toHaveLength(1)
  const sold = rows[0]!.state === 'consumed' ? 40 : 0
  expect(await unitsOf(products[0]!)).toEqual({ stock: 1000 - sold, reserved: 0 })
  expect(await unitsOf(products[1]!)).toEqual({ stock: 1000 - 2 * sold, reserved: 0 })
})
