import type { OrderToDecide } from '@kakilima/contracts/inventory'
import { insertProduct } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { countDeadlocks, untilBlocked } from '@kakilima/testkit/until-blocked'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { InventoryTables } from '../database.ts'
import { decideBatch } from './decide-batch.ts'
import { consume, release } from './settle.ts'

const db = await testDatabase<InventoryTables>('inventory', 20)
let lastOrderId = 0
const newOrderId = () => ++lastOrderId
const range = (length: number) => Array.from({ length }, (_, index) => index)

type Lines = [productId: number, quantity: number][]

function newOrder(...lines: Lines): OrderToDecide {
  return { order_id: newOrderId(), lines: lines.map(([product_id, quantity]) => ({ product_id, quantity })) }
}

async function reservedOf(id: number): Promise<number> {
  const { reserved } = await db.selectFrom('products').select('reserved').where('id', '=', id).executeTakeFirstOrThrow()
  return reserved
}

async function storedDecision(orderId: number) {
  return db.selectFrom('decisions').selectAll().where('order_id', '=', orderId).executeTakeFirst()
}

async function notedChanges(): Promise<number[]> {
  const rows = await db.selectFrom('stock_changes').select('product_id').orderBy('product_id').execute()
  return rows.map((row) => row.product_id)
}

/** Everything that a decision may change of a product. */
async function numbersOf(id: number) {
  return db
    .selectFrom('products')
    .select(['stock', 'reserved', 'version'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
}

test('a batch is decided in the order of asking, and decisions, units and notes are stored', async () => {
  const coffee = await insertProduct(db, { name: 'Kopi', price: 18_000, stock: 3 })
  const cake = await insertProduct(db, { name: 'Klepon', price: 2500, stock: 100 })
  const orders = [newOrder([coffee, 2], [cake, 4]), newOrder([coffee, 2]), newOrder([cake, 1])]
  const decisions = await decideBatch(db, orders.toReversed())
  expect(decisions.map(({ order_id, state }) => [order_id, state])).toEqual([
    [orders[2]!.order_id, 'reserved'],
    [orders[1]!.order_id, 'reserved'],
    [orders[0]!.order_id, 'rejected'],
  ])
  expect(decisions[2]).toEqual({
    order_id: orders[0]!.order_id,
    state: 'rejected',
    reason: 'insufficient-stock',
    lines: [
      { product_id: coffee, name: 'Kopi', unit_price: 18_000, quantity: 2 },
      { product_id: cake, name: 'Klepon', unit_price: 2500, quantity: 4 },
    ],
    shortages: [{ product_id: coffee, requested: 2, available: 1 }],
  })
  for (const decision of decisions) expect(await storedDecision(decision.order_id)).toMatchObject(decision)
  expect(await numbersOf(coffee)).toEqual({ stock: 3, reserved: 2, version: 2 })
  expect(await numbersOf(cake)).toEqual({ stock: 100, reserved: 1, version: 2 })
  expect(await notedChanges()).toEqual(expect.arrayContaining([coffee, cake]))
})

test('a replay returns the stored decision and changes nothing, whatever became of the product', async () => {
  const product = await insertProduct(db, { name: 'Kopi', price: 1000, stock: 1 })
  const [yes, no] = [newOrder([product, 1]), newOrder([product, 1])]
  const first = await decideBatch(db, [yes, no])
  expect(first.map((decision) => decision.state)).toEqual(['reserved', 'rejected'])
  await db.updateTable('products').set({ name: 'Teh', price: 5, stock: 100 }).where('id', '=', product).execute()
  const before = await numbersOf(product)
  expect(await decideBatch(db, [yes, no])).toEqual(first)
  // Another batch, where it comes with a new order and asks for something else.
  const fresh = newOrder([product, 2])
  const [third, again] = await decideBatch(db, [fresh, { ...yes, lines: [{ product_id: product, quantity: 50 }] }])
  expect(third).toMatchObject({ order_id: fresh.order_id, state: 'reserved' })
  expect(again).toEqual(first[0])
  expect(await reservedOf(product)).toBe(before.reserved + 2)
})

test('a shortage changes nothing but its own decision', async () => {
  const plenty = await insertProduct(db, { stock: 50 })
  const scarce = await insertProduct(db, { stock: 1 })
  const [before, beforeScarce] = [await numbersOf(plenty), await numbersOf(scarce)]
  await db.deleteFrom('stock_changes').execute()
  const order = newOrder([plenty, 5], [scarce, 2])
  expect(await decideBatch(db, [order])).toMatchObject([{ state: 'rejected', reason: 'insufficient-stock' }])
  expect([await numbersOf(plenty), await numbersOf(scarce)]).toEqual([before, beforeScarce])
  expect(await notedChanges()).toEqual([])
})

test('the same product on two lines counts together', async () => {
  const product = await insertProduct(db, { stock: 3 })
  const [tooMany, fits] = await decideBatch(db, [
    newOrder([product, 2], [product, 2]),
    newOrder([product, 1], [product, 2]),
  ])
  expect(tooMany).toMatchObject({
    state: 'rejected',
    shortages: [{ product_id: product, requested: 4, available: 3 }],
  })
  expect(fits).toMatchObject({ state: 'reserved', lines: [{ product_id: product, quantity: 3 }] })
  expect(await reservedOf(product)).toBe(3)
})

test('products that are unknown, deleted or not published cannot be ordered', async () => {
  const draft = await insertProduct(db, { status: 'draft' })
  const archived = await insertProduct(db, { status: 'archived' })
  const deleted = await insertProduct(db, { deleted_at: sql`clock_timestamp()` })
  const unknown = 999_999_999
  const decisions = await decideBatch(
    db,
    [draft, archived, deleted, unknown].map((id) => newOrder([id, 1])),
  )
  for (const decision of decisions) {
    expect(decision).toMatchObject({ state: 'rejected', reason: 'product-not-found' })
    expect(decision.lines).toMatchObject([{ name: '', unit_price: 0, quantity: 1 }])
  }
})

test('a product that is taken out of the shop while it is being decided is looked at behind the lock', async () => {
  const product = await insertProduct(db)
  const staff = await db.startTransaction().execute()
  await sql`update products set status = 'archived' where id = ${product}`.execute(staff)
  const deciding = decideBatch(db, [newOrder([product, 1])])
  await untilBlocked(db)
  await staff.commit().execute()
  expect(await deciding).toMatchObject([{ state: 'rejected', reason: 'product-not-found' }])
})

test('the last unit goes to exactly one of two batches, fifty times', async () => {
  for (const _ of range(50)) {
    const product = await insertProduct(db, { stock: 1 })
    const batches = [newOrder([product, 1]), newOrder([product, 1])]
    const decisions = (await Promise.all(batches.map((order) => decideBatch(db, [order])))).flat()
    expect(decisions.map((decision) => decision.state).toSorted()).toEqual(['rejected', 'reserved'])
    expect(await reservedOf(product)).toBe(1)
  }
})

test('of a thousand buyers in a hundred batches exactly as many get a unit as there are', async () => {
  const product = await insertProduct(db, { stock: 90 })
  const batches = range(100).map(() => range(10).map(() => newOrder([product, 1])))
  const decisions = (await Promise.all(batches.map((batch) => decideBatch(db, batch)))).flat()
  expect(decisions.filter((decision) => decision.state === 'reserved')).toHaveLength(90)
  expect(await reservedOf(product)).toBe(90)
})

test('a batch that is decided twice at once is reserved once, and both get the same answer', async () => {
  for (const _ of range(20)) {
    const product = await insertProduct(db, { stock: 100 })
    const batch = range(5).map(() => newOrder([product, 2]))
    const [one, two, three] = await Promise.all([
      decideBatch(db, batch),
      decideBatch(db, batch),
      decideBatch(db, batch.toReversed()),
    ])
    expect(two).toEqual(one)
    expect(three.toReversed()).toEqual(one)
    expect(await reservedOf(product)).toBe(10)
  }
})

test('orders of unknown products that are decided twice at once get one decision, too', async () => {
  for (const _ of range(20)) {
    const product = await insertProduct(db, { stock: 100 })
    const unknown = range(3).map(() => newOrder([888_888_888, 1]))
    const [one, two] = await Promise.all([
      decideBatch(db, [...unknown, newOrder([product, 1])]),
      decideBatch(db, [newOrder([product, 1]), ...unknown.toReversed()]),
    ])
    expect(two.slice(1).toReversed()).toEqual(one.slice(0, 3))
    expect(await reservedOf(product)).toBe(2)
  }
})

test('an order that was released before it was decided stays released', async () => {
  const product = await insertProduct(db)
  const order = newOrder([product, 1])
  expect(await release(db, [order.order_id])).toMatchObject([
    { order_id: order.order_id, state: 'released', lines: [] },
  ])
  const other = newOrder([product, 1])
  expect(await decideBatch(db, [order, other])).toMatchObject([{ state: 'released' }, { state: 'reserved' }])
  expect(await reservedOf(product)).toBe(1)
})

test('an order that is released while it is being decided ends released, and holds nothing', async () => {
  const product = await insertProduct(db)
  const order = newOrder([product, 3])
  const worker = await db.startTransaction().execute()
  expect(await decideBatch(worker, [order])).toMatchObject([{ state: 'reserved' }])
  const releasing = release(db, [order.order_id])
  await untilBlocked(db)
  await worker.commit().execute()
  expect(await releasing).toMatchObject([{ order_id: order.order_id, state: 'released' }])
  expect(await storedDecision(order.order_id)).toMatchObject({ state: 'released' })
  expect(await reservedOf(product)).toBe(0)
})

test('an order that is decided while it is being released stays released, and the rest of its batch is decided', async () => {
  const product = await insertProduct(db)
  const [order, other] = [newOrder([product, 3]), newOrder([product, 2])]
  const staff = await db.startTransaction().execute()
  await release(staff, [order.order_id])
  const deciding = decideBatch(db, [order, other])
  await untilBlocked(db)
  await staff.commit().execute()
  expect(await deciding).toMatchObject([{ state: 'released' }, { state: 'reserved' }])
  expect(await reservedOf(product)).toBe(2)
})

test('a release that races a decision leaves nothing reserved', async () => {
  for (const _ of range(50)) {
    const product = await insertProduct(db)
    const order = newOrder([product, 1])
    await Promise.all([decideBatch(db, [order]), release(db, [order.order_id])])
    expect(await storedDecision(order.order_id)).toMatchObject({ state: 'released' })
    expect(await reservedOf(product)).toBe(0)
  }
})

test('orders that name products in opposite order do not wait for each other', async () => {
  const products = [await insertProduct(db, { stock: 10_000 }), await insertProduct(db, { stock: 10_000 })]
  const [up, down] = [products, products.toReversed()]
  const both = (ids: number[]): Lines => ids.map((id) => [id, 1])
  const before = await countDeadlocks(db)
  const batches = range(60).map((n) => range(5).map(() => newOrder(...both(n % 2 === 0 ? up : down))))
  const decisions = (await Promise.all(batches.map((batch) => decideBatch(db, batch)))).flat()
  expect(decisions.every((decision) => decision.state === 'reserved')).toBe(true)
  expect([await reservedOf(products[0]!), await reservedOf(products[1]!)]).toEqual([300, 300])
  expect(await countDeadlocks(db)).toBe(before)
})

test('decisions, releases and consumptions of the same products at once leave every sum right', async () => {
  const products = await Promise.all(range(4).map(() => insertProduct(db, { stock: 200 })))
  const orders = range(80).map((n) =>
    newOrder(...range(3).map((k): Lines[number] => [products[(n * 3 + k) % 4]!, 1 + ((n + k) % 3)])),
  )
  await Promise.all(
    range(8).map(async (part) => {
      const mine = orders.slice(part * 10, part * 10 + 10)
      await decideBatch(db, mine)
      const ids = mine.map((order) => order.order_id)
      await Promise.all([release(db, ids.slice(0, 4)), consume(db, ids.slice(3, 8)), decideBatch(db, mine)])
    }),
  )
  const { rows } = await sql<{ id: number; stock: number; reserved: number; moved: number; promised: number }>`
    select p.id, p.stock, p.reserved,
      (select sum(quantity)::int8 from stock_movements m where m.product_id = p.id) as moved,
      (select coalesce(sum(line.quantity), 0)::int8
       from decisions, jsonb_to_recordset(lines) as line(product_id int8, quantity int8)
       where state = 'reserved' and line.product_id = p.id) as promised
    from products p where id = any(${products}::int8[])`.execute(db)
  expect(rows).toHaveLength(4)
  for (const { stock, reserved, moved, promised } of rows) {
    expect(stock).toBe(moved)
    expect(reserved).toBe(promised)
    expect(stock).toBeLessThan(200)
  }
})
