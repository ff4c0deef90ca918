import { eventsOf, insertProduct } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { InventoryTables } from '../database.ts'
import { changeProduct } from '../products/change-product.ts'
import { deleteProduct } from '../products/delete-product.ts'
import { decideBatch } from '../reservations/decide-batch.ts'
import { consume, release } from '../reservations/settle.ts'
import { adjustStock } from './adjust-stock.ts'

const db = await testDatabase<InventoryTables>('inventory', 20)
const range = (length: number) => Array.from({ length }, (_, index) => index)
let lastOrderId = 0

async function reserve(product_id: number, quantity: number): Promise<{ id: number; isReserved: boolean }> {
  const id = ++lastOrderId
  const [decision] = await decideBatch(db, [{ order_id: id, lines: [{ product_id, quantity }] }])
  return { id, isReserved: decision!.state === 'reserved' }
}

async function productOf(id: number) {
  return db.selectFrom('products').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

async function movementsOf(id: number): Promise<[string, number][]> {
  const rows = await db.selectFrom('stock_movements').selectAll().where('product_id', '=', id).orderBy('id').execute()
  return rows.map(({ reason, quantity }) => [reason, quantity])
}

async function isNoted(id: number): Promise<boolean> {
  const noted = await db.selectFrom('stock_changes').selectAll().where('product_id', '=', id).executeTakeFirst()
  return noted !== undefined
}

test('a signed change moves the stock, the ledger and the version, and is noted to be told', async () => {
  const id = await insertProduct(db, { stock: 10 })
  expect(await adjustStock(db, id, { quantity: 5 })).toMatchObject({ id, stock: 15, reserved: 0, version: 2 })
  expect(await adjustStock(db, id, { quantity: -15 })).toMatchObject({ stock: 0, version: 3 })
  expect(await movementsOf(id)).toEqual([
    ['initial', 10],
    ['adjustment', 5],
    ['adjustment', -15],
  ])
  expect(await isNoted(id)).toBe(true)
  // Told as a stock change, which is coalesced, and not as a product that was updated.
  expect(await eventsOf(db, id)).toEqual([])
})

test('the stock never falls below what is reserved', async () => {
  const id = await insertProduct(db, { stock: 10 })
  await reserve(id, 4)
  await expect(adjustStock(db, id, { quantity: -7 })).rejects.toMatchObject({
    type: 'insufficient-stock',
    status: 409,
    message: 'Not enough stock available',
  })
  expect(await productOf(id)).toMatchObject({ stock: 10, reserved: 4, version: 2 })
  expect(await movementsOf(id)).toEqual([['initial', 10]])
  expect(await adjustStock(db, id, { quantity: -6 })).toMatchObject({ stock: 4, reserved: 4 })
})

test('a change of nothing writes nothing to the ledger', async () => {
  const id = await insertProduct(db, { stock: 10 })
  expect(await adjustStock(db, id, { quantity: 0 })).toMatchObject({ stock: 10 })
  expect(await movementsOf(id)).toEqual([['initial', 10]])
  expect(await isNoted(id)).toBe(false)
})

test('the stock has an upper limit, so that sums stay exact', async () => {
  const id = await insertProduct(db, { stock: 999_999_999 })
  expect(await adjustStock(db, id, { quantity: 1 })).toMatchObject({ stock: 1_000_000_000 })
  await expect(adjustStock(db, id, { quantity: 1 })).rejects.toMatchObject({ type: 'invalid-input', status: 422 })
})

test('a product that is unknown or gone has no stock to change', async () => {
  const gone = await insertProduct(db, { stock: 10 })
  await deleteProduct(db, gone)
  for (const id of [gone, 999_999]) {
    await expect(adjustStock(db, id, { quantity: 1 })).rejects.toMatchObject({
      type: 'product-not-found',
      message: 'Product not found',
    })
    await expect(adjustStock(db, id, { quantity: -1 })).rejects.toMatchObject({ type: 'product-not-found' })
  }
})

test('parallel changes all count', async () => {
  const id = await insertProduct(db, { stock: 10 })
  await Promise.all(range(60).map((n) => adjustStock(db, id, { quantity: n % 2 === 0 ? 3 : 1 })))
  expect(await productOf(id)).toMatchObject({ stock: 130, version: 61 })
  expect(await movementsOf(id)).toHaveLength(61)
})

test('of takers that together want more than there is, only as many succeed as there is stock for', async () => {
  const id = await insertProduct(db, { stock: 10 })
  const results = await Promise.allSettled(range(20).map(() => adjustStock(db, id, { quantity: -1 })))
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(10)
  expect(await productOf(id)).toMatchObject({ stock: 0 })
})

test('a reservation and a change that want the same last units never both get them', async () => {
  for (const round of range(40)) {
    const id = await insertProduct(db, { stock: 1 })
    const take = () => (round % 2 === 0 ? adjustStock(db, id, { quantity: -1 }) : changeProduct(db, id, { stock: 0 }))
    const [taking, { isReserved }] = await Promise.all([take().then(() => true, isShortage), reserve(id, 1)])
    expect(taking).toBe(!isReserved)
    expect(await productOf(id)).toMatchObject(isReserved ? { stock: 1, reserved: 1 } : { stock: 0, reserved: 0 })
  }
})

test('after any mixture of changes at once the ledger sums to the stock', async () => {
  const products = await Promise.all(range(3).map(() => insertProduct(db, { stock: 100 })))
  await Promise.all(
    range(60).map(async (n) => {
      const id = products[n % 3]!
      const isRefused = () => undefined
      if (n % 5 === 0) await adjustStock(db, id, { quantity: (n % 7) - 3 }).catch(isRefused)
      else if (n % 5 === 1) await changeProduct(db, id, { stock: 50 + (n % 11) }).catch(isRefused)
      else {
        const order = await reserve(id, 1 + (n % 4))
        if (n % 5 === 2) await consume(db, [order.id])
        if (n % 5 === 3) await release(db, [order.id])
      }
    }),
  )
  const { rows } = await sql<{ stock: number; moved: number; reserved: number; promised: number }>`
    select stock, reserved,
      (select sum(quantity)::int8 from stock_movements m where m.product_id = p.id) as moved,
      (select coalesce(sum(line.quantity), 0)::int8
       from decisions, jsonb_to_recordset(lines) as line(product_id int8, quantity int8)
       where state = 'reserved' and line.product_id = p.id) as promised
    from products p where id = any(${products}::int8[])`.execute(db)
  expect(rows).toHaveLength(3)
  for (const { stock, moved, reserved, promised } of rows) expect([stock, reserved]).toEqual([moved, promised])
})

/** Passes on what is no shortage. */
function isShortage(error: { type?: string }): false {
  expect(error.type).toBe('insufficient-stock')
  return false
}
