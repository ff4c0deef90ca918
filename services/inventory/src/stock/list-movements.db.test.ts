import { runInRequest } from '@kakilima/kit/request-context'
import { insertProduct } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { InventoryTables } from '../database.ts'
import { changeProduct } from '../products/change-product.ts'
import { createProduct } from '../products/create-product.ts'
import { decideBatch } from '../reservations/decide-batch.ts'
import { consume } from '../reservations/settle.ts'
import { adjustStock } from './adjust-stock.ts'
import { listMovements } from './list-movements.ts'

const db = await testDatabase<InventoryTables>('inventory', 20)
let lastOrderId = 0

beforeEach(async () => {
  await sql`truncate products, stock_movements, stock_changes, decisions, outbox, audit_log restart identity`.execute(
    db,
  )
})

const asStaff = <T>(actorId: number, work: () => Promise<T>) => runInRequest({ requestId: 'test', actorId }, work)

async function sell(product_id: number, quantity: number): Promise<number> {
  const order_id = ++lastOrderId
  await decideBatch(db, [{ order_id, lines: [{ product_id, quantity }] }])
  await consume(db, [order_id])
  return order_id
}

test('the ledger says who moved units, why, and what they say of it', async () => {
  const { id } = await asStaff(3, () => createProduct(db, { name: 'Kopi', price: 1000, stock: 10 }))
  await asStaff(4, () => adjustStock(db, id, { quantity: 5, reason: 'restock', note: ' Dari Pak Budi ' }))
  const order_id = await sell(id, 2)
  await asStaff(5, () => adjustStock(db, id, { quantity: -1, reason: 'damage' }))
  await asStaff(6, () => changeProduct(db, id, { stock: 20 }))
  await adjustStock(db, id, { quantity: -1, note: '  ' })
  const { rows, hasMore } = await listMovements(db, { product_id: id })
  const told = rows.map(({ quantity, balance, reason, note, order_id: order, actor_id }) => [
    quantity,
    balance,
    reason,
    note,
    order,
    actor_id,
  ])
  expect(told).toEqual([
    [-1, 19, 'adjustment', null, null, null],
    [8, 20, 'count', null, null, 6],
    [-1, 12, 'damage', null, null, 5],
    [-2, 13, 'sale', null, order_id, null],
    [5, 15, 'restock', 'Dari Pak Budi', null, 4],
    [10, 10, 'initial', null, null, 3],
  ])
  expect(hasMore).toBe(false)
  expect(rows[0]).toMatchObject({ product_id: id, product_name: 'Kopi', created_at: expect.stringMatching(/Z$/) })
})

test('pages go on with the stock where the page before them ended', async () => {
  const id = await insertProduct(db, { stock: 100 })
  await insertProduct(db, { stock: 7 })
  for (let n = 0; n < 5; n++) await sell(id, 1 + n)
  const balances: (number | null)[] = []
  for (let before: number | undefined; ;) {
    const { rows, hasMore } = await listMovements(db, { product_id: id, limit: 2, ...(before && { before }) })
    balances.push(...rows.map(({ balance }) => balance))
    if (!hasMore) break
    before = rows.at(-1)!.id
  }
  expect(balances).toEqual([85, 90, 94, 97, 99, 100])
})

test('of all products, or of one reason, the ledger comes without the stock', async () => {
  const [one, other] = [await insertProduct(db, { stock: 10 }), await insertProduct(db, { stock: 20 })]
  await adjustStock(db, one, { quantity: 1, reason: 'return' })
  await adjustStock(db, other, { quantity: -1, reason: 'loss' })
  await sell(other, 3)
  const told = async (query: Parameters<typeof listMovements>[1]) =>
    (await listMovements(db, query)).rows.map(({ product_id, quantity, balance }) => [product_id, quantity, balance])
  expect(await told({})).toEqual([
    [other, -3, null],
    [other, -1, null],
    [one, 1, null],
    [other, 20, null],
    [one, 10, null],
  ])
  expect(await told({ reason: 'return' })).toEqual([[one, 1, null]])
  expect(await told({ reason: 'sale' })).toEqual([[other, -3, null]])
  expect(await told({ reason: 'initial', product_id: other })).toEqual([[other, 20, null]])
  expect(await told({ product_id: 999_999 })).toEqual([])
})

test('while units move, each movement is told with the stock that it left behind', async () => {
  const id = await insertProduct(db, { stock: 1000 })
  const moving = Promise.all(
    Array.from({ length: 60 }, (_, n) => (n % 2 === 0 ? sell(id, 1) : adjustStock(db, id, { quantity: 2 }))),
  )
  for (let round = 0; round < 20; round++) {
    const { rows } = await listMovements(db, { product_id: id })
    const oldestFirst = rows.toReversed()
    expect(oldestFirst[0]).toMatchObject({ reason: 'initial', balance: 1000 })
    for (const [index, { quantity, balance }] of oldestFirst.entries())
      if (index > 0) expect(balance).toBe(oldestFirst[index - 1]!.balance! + quantity)
  }
  await moving
})

test('what staff noted in ten thousand sales is found without reading them', async () => {
  const id = await insertProduct(db, { stock: 20_000 })
  await sql`
    insert into stock_movements (product_id, quantity, reason, order_id)
    select ${id}, -1, 'sale', n from generate_series(1, 10000) n`.execute(db)
  await sql`analyze stock_movements`.execute(db)
  const { rows } = await sql<{ 'QUERY PLAN': string }>`
    explain select * from stock_movements where reason = 'loss' and reason <> 'sale' order by id desc limit 10`.execute(
    db,
  )
  expect(JSON.stringify(rows)).toContain('stock_movements_of_reason')
})
