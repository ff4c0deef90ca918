import { eventsOf, insertProduct } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { untilBlocked } from '@kakilima/testkit/until-blocked'
import { expect, test } from 'vitest'
import type { InventoryTables } from '../database.ts'
import { decideBatch } from '../reservations/decide-batch.ts'
import { consume, release } from '../reservations/settle.ts'
import { changeProduct } from './change-product.ts'
import { createProduct } from './create-product.ts'
import { deleteProduct } from './delete-product.ts'
import { findProduct } from './find-product.ts'

const db = await testDatabase<InventoryTables>('inventory', 20)
const range = (length: number) => Array.from({ length }, (_, index) => index)
let lastOrderId = 0

async function reserve(product_id: number, quantity: number, tx = db): Promise<{ id: number; state: string }> {
  const id = ++lastOrderId
  const [decision] = await decideBatch(tx, [{ order_id: id, lines: [{ product_id, quantity }] }])
  return { id, state: decision!.state }
}

async function movementsOf(id: number): Promise<[string, number][]> {
  const rows = await db.selectFrom('stock_movements').selectAll().where('product_id', '=', id).orderBy('id').execute()
  return rows.map(({ reason, quantity }) => [reason, quantity])
}

async function eventData(id: number, type: string) {
  const { data } = await db
    .selectFrom('outbox')
    .select('data')
    .where('subject_id', '=', id)
    .where('type', '=', type as 'product.created')
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow()
  return data
}

test('a product is stored trimmed, with its first movement and its event', async () => {
  const product = await createProduct(db, { name: '  Kopi susu ', price: 18_000, stock: 7 })
  expect(product).toMatchObject({
    name: 'Kopi susu',
    price: 18_000,
    stock: 7,
    reserved: 0,
    description: '',
    sku: null,
    status: 'published',
    version: 1,
  })
  expect(await findProduct(db, product.id)).toEqual(product)
  expect(await movementsOf(product.id)).toEqual([['initial', 7]])
  expect(await eventsOf(db, product.id)).toEqual(['product.created 1'])
  expect(await eventData(product.id, 'product.created')).toMatchObject({ id: product.id, name: 'Kopi susu', stock: 7 })
})

test('a product without stock has no movement', async () => {
  const product = await createProduct(db, { name: 'Teh', price: 0, stock: 0, status: 'draft', weight_grams: 5 })
  expect(product).toMatchObject({ status: 'draft', weight_grams: 5 })
  expect(await movementsOf(product.id)).toEqual([])
})

test('only the fields that are given change, each change with its version and its event', async () => {
  const { id } = await createProduct(db, { name: 'Kopi', price: 18_000, stock: 7, sku: 'K1', category: 'drinks' })
  await changeProduct(db, id, { name: ' Kopi hitam ', sku: null })
  const product = await changeProduct(db, id, { price: 0, status: 'archived', description: 'Hitam' })
  expect(product).toMatchObject({
    name: 'Kopi hitam',
    sku: null,
    category: 'drinks',
    price: 0,
    status: 'archived',
    description: 'Hitam',
    stock: 7,
    version: 3,
  })
  expect(await findProduct(db, id)).toEqual(product)
  expect(await eventsOf(db, id)).toEqual(['product.created 1', 'product.updated 2', 'product.updated 3'])
  expect(await eventData(id, 'product.updated')).toMatchObject({ name: 'Kopi hitam', status: 'archived', version: 3 })
  expect(await movementsOf(id)).toEqual([['initial', 7]])
})

test('stock sets the units on hand, and the ledger gets the difference', async () => {
  const { id } = await createProduct(db, { name: 'Kopi', price: 1, stock: 7 })
  await changeProduct(db, id, { stock: 3 })
  await changeProduct(db, id, { stock: 10 })
  await changeProduct(db, id, { stock: 10 })
  expect(await movementsOf(id)).toEqual([
    ['initial', 7],
    ['count', -4],
    ['count', 7],
  ])
})

test('stock below what is reserved is refused, and nothing of the change stays', async () => {
  const { id } = await createProduct(db, { name: 'Kopi', price: 1, stock: 7 })
  await reserve(id, 5)
  await expect(changeProduct(db, id, { name: 'Teh', stock: 4 })).rejects.toMatchObject({
    type: 'insufficient-stock',
    status: 409,
    message: 'Not enough stock available: 5 units are reserved',
  })
  expect(await findProduct(db, id)).toMatchObject({ name: 'Kopi', stock: 7, reserved: 5 })
  expect(await eventsOf(db, id)).toEqual(['product.created 1'])
  expect(await changeProduct(db, id, { stock: 5 })).toMatchObject({ stock: 5, reserved: 5 })
})

test('a count that waits behind a reservation sees it', async () => {
  const id = await insertProduct(db, { stock: 10 })
  const worker = await db.startTransaction().execute()
  await reserve(id, 6, worker)
  const counting = changeProduct(db, id, { stock: 5 })
  await untilBlocked(db)
  await worker.commit().execute()
  await expect(counting).rejects.toMatchObject({ type: 'insufficient-stock' })
})

test('parallel counts write the differences that they made', async () => {
  const id = await insertProduct(db, { stock: 10 })
  await Promise.all(range(30).map((n) => changeProduct(db, id, { stock: n })))
  const { stock, version } = await findProduct(db, id)
  const moved = (await movementsOf(id)).reduce((sum, [, quantity]) => sum + quantity, 0)
  expect(moved).toBe(stock)
  expect(version).toBe(31)
  expect(await eventsOf(db, id)).toEqual(range(30).map((n) => `product.updated ${n + 2}`))
})

test('a product that is unknown or gone cannot be found, changed or taken out again', async () => {
  const gone = await insertProduct(db)
  await deleteProduct(db, gone)
  for (const id of [gone, 999_999]) {
    const notFound = { type: 'product-not-found', status: 404, message: 'Product not found' }
    await expect(findProduct(db, id)).rejects.toMatchObject(notFound)
    await expect(changeProduct(db, id, { name: 'Teh' })).rejects.toMatchObject(notFound)
    await expect(deleteProduct(db, id)).rejects.toMatchObject(notFound)
  }
})

test('a product that was taken out keeps its row and its ledger, and its event comes last', async () => {
  const { id } = await createProduct(db, { name: 'Kopi', price: 1, stock: 7 })
  await deleteProduct(db, id)
  const row = await db.selectFrom('products').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  expect(row).toMatchObject({ name: 'Kopi', stock: 7, version: 2, deleted_at: expect.any(String) })
  expect(await movementsOf(id)).toEqual([['initial', 7]])
  expect(await eventsOf(db, id)).toEqual(['product.created 1', 'product.deleted 2'])
})

test('a product whose units open orders hold stays until they are released or sold', async () => {
  const id = await insertProduct(db, { stock: 10 })
  const [one, two] = [await reserve(id, 3), await reserve(id, 2)]
  await expect(deleteProduct(db, id)).rejects.toMatchObject({
    type: 'product-in-open-orders',
    status: 409,
    message: 'Open orders hold 5 units of this product',
  })
  await release(db, [one.id])
  await expect(deleteProduct(db, id)).rejects.toMatchObject({ message: 'Open orders hold 2 units of this product' })
  await consume(db, [two.id])
  await deleteProduct(db, id)
  await expect(findProduct(db, id)).rejects.toMatchObject({ type: 'product-not-found' })
})

test('a product that is taken out while it is being ordered is either gone or ordered', async () => {
  const ends = new Set<string>()
  for (const round of range(40)) {
    const id = await insertProduct(db)
    const order = () => reserve(id, 1).then(({ state }) => state)
    const remove = () =>
      deleteProduct(db, id).then(
        () => 'gone',
        (error) => error.type,
      )
    const answers = await Promise.all(round % 2 === 0 ? [order(), remove()] : [remove(), order()])
    ends.add((round % 2 === 0 ? answers : answers.toReversed()).join(' and '))
  }
  for (const end of ends) expect(['rejected and gone', 'reserved and product-in-open-orders']).toContain(end)
})
