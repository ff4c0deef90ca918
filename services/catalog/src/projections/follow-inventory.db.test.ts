import { silentLogger } from '@kakilima/testkit/app'
import { cloneDatabase, openTestDatabase } from '@kakilima/testkit/database-per-file'
import { type FakeProducts, fakeProducts } from '@kakilima/testkit/fake-products'
import { holdLock, lockRows } from '@kakilima/testkit/hold-lock'
import { untilBlocked } from '@kakilima/testkit/until-blocked'
import { sql } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CatalogTables } from '../database.ts'
import { followInventory, type FollowInventoryOptions } from './follow-inventory.ts'

const url = await cloneDatabase('catalog')
const db = await openTestDatabase<CatalogTables>(url, 20)

let inventory: FakeProducts
const stops: (() => Promise<void>)[] = []

beforeEach(async () => {
  await sql`truncate products, feed_positions`.execute(db)
  inventory = fakeProducts()
})

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

function follow(change: Partial<FollowInventoryOptions> = {}) {
  const onChanged = vi.fn<() => void>()
  const loop = followInventory({ db, source: inventory, logger: silentLogger(), onChanged, idleMs: 5, ...change })
  stops.push(loop.stop)
  return { onChanged, stop: loop.stop }
}

const rows = () => db.selectFrom('products').selectAll().orderBy('id').execute()
const position = () => db.selectFrom('feed_positions').selectAll().executeTakeFirst()

/** What readers can see of the rows, and what they should see. */
const shown = async () =>
  (await rows())
    .filter((row) => row.is_shown)
    .map(({ fields_version: _, stock_version: _stock, is_deleted: _gone, is_shown: _shown, ...row }) => row)
const wanted = () =>
  inventory
    .all()
    .map(({ reserved: _, available, ...product }) => ({ ...product, stock: available }))
    .toSorted((one, other) => one.id - other.id)
const untilEqual = () => eventually(async () => expect(await shown()).toEqual(wanted()))

/** Changes whatever comes, as chance has it. */
function changeSomething(random: () => number): void {
  const products = inventory.all()
  const any = products[Math.floor(random() * products.length)]
  const dice = random()
  if (any === undefined || dice < 0.2) inventory.create()
  else if (dice < 0.5) inventory.change(any.id, { name: `Named ${random()}`, price: Math.floor(random() * 1000) })
  else if (dice < 0.9) inventory.sell(any.id, 1)
  else inventory.delete(any.id)
}

/** The same numbers in each run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

test('a catalog is made of the products that there are, and follows them from then on', async () => {
  inventory.create({ name: 'Kopi' })
  inventory.create({ status: 'draft' })
  inventory.delete(2)
  follow()
  await untilEqual()
  expect(await rows()).toMatchObject([{ name: 'Kopi' }, { id: 2, version: 2, is_deleted: true }])
  inventory.create({ name: 'Teh' })
  inventory.sell(1, 3)
  inventory.change(3, { price: 500 })
  await untilEqual()
  expect(inventory.calls.filter((call) => call === 'begin')).toHaveLength(1)
})

test('whoever keeps answers hears of every change once it can be read', async () => {
  const seen: number[] = []
  let looking: Promise<unknown> = Promise.resolve()
  const onChanged = () => {
    looking = rows().then((found) => seen.push(Math.max(0, ...found.map((row) => row.version))))
  }
  follow({ onChanged })
  await eventually(async () => expect(await position()).toBeDefined())
  inventory.create()
  for (const version of [2, 3, 4]) {
    inventory.sell(1, 1)
    await eventually(async () => {
      await looking
      expect(seen.at(-1)).toBe(version)
    })
  }
})

test('events that come again change nothing, and late ones no more', async () => {
  const random = seeded(7)
  follow()
  for (let round = 0; round < 30; round++) {
    for (let change = 0; change < 10; change++) changeSomething(random)
    for (let again = 0; again < 10; again++)
      inventory.repeat(inventory.events[Math.floor(random() * inventory.events.length)]!)
    await untilEqual()
  }
  expect((await rows()).filter((row) => row.is_deleted).length).toBeGreaterThan(5)
})

test('a follower that dies between its work and the commit has done nothing, and the next one does it', async () => {
  inventory.create()
  const first = follow()
  await untilEqual()
  const before = { rows: await rows(), position: await position() }
  const held = await holdLock(db, (tx) => lockRows(tx, 'products'))
  inventory.sell(1, 1)
  inventory.create()
  // It has moved the position and waits to write the row.
  await untilBlocked(db)
  const stopping = first.stop()
  await held.endWaiting()
  await stopping
  expect({ rows: await rows(), position: await position() }).toEqual(before)
  follow()
  await untilEqual()
  expect(await position()).toMatchObject({ after: inventory.events.at(-1)!.id })
})

test('several followers on one database build it once and apply each event once, and all hear of changes', async () => {
  const random = seeded(11)
  for (let change = 0; change < 50; change++) changeSomething(random)
  const followers = [follow(), follow(), follow(), follow()]
  await untilEqual()
  expect(inventory.calls.filter((call) => call === 'begin')).toHaveLength(1)
  // Stored behind the rows.
  await eventually(async () => expect(await position()).toBeDefined())
  const { revision } = (await position())!
  let batches = 0
  for (; batches < 20; batches++) {
    changeSomething(random)
    await untilEqual()
  }
  // Each of these waited for the one before, so that each was one batch of its own and moved the position once.
  await eventually(async () => expect((await position())!.after).toBe(inventory.events.at(-1)!.id))
  expect((await position())!.revision).toBe(revision + batches)
  for (const { onChanged } of followers) {
    const heard = onChanged.mock.calls.length
    inventory.create()
    await eventually(() => expect(onChanged.mock.calls.length).toBeGreaterThan(heard))
  }
})

test('where events were dropped before they were read the catalog is built anew, once', async () => {
  const random = seeded(3)
  const first = follow()
  for (let change = 0; change < 50; change++) changeSomething(random)
  await untilEqual()
  await first.stop()
  for (let change = 0; change < 50; change++) changeSomething(random)
  inventory.trim()
  const begun = () => inventory.calls.filter((call) => call === 'begin').length
  expect(begun()).toBe(1)
  follow()
  follow()
  await untilEqual()
  changeSomething(random)
  await untilEqual()
  expect(begun()).toBe(2)
})

test('an inventory that was set back to an older copy of itself is followed back', async () => {
  const random = seeded(5)
  for (let change = 0; change < 30; change++) changeSomething(random)
  follow()
  await untilEqual()
  const copy = inventory.copy()
  for (let change = 0; change < 60; change++) changeSomething(random)
  inventory.create({ name: 'Never was' })
  await untilEqual()
  inventory.restore(copy)
  await untilEqual()
  expect((await rows()).map((row) => row.name)).not.toContain('Never was')
  for (let change = 0; change < 60; change++) changeSomething(random)
  await untilEqual()
})

test('while inventory is away the catalog shows what it has, and goes on from there', async () => {
  inventory.create()
  follow()
  await untilEqual()
  let failures = 0
  inventory.beforeAnswer = () => {
    failures++
    throw new Error('the inventory service is away')
  }
  inventory.sell(1, 4)
  await eventually(() => expect(failures).toBeGreaterThan(2))
  expect(await rows()).toMatchObject([{ version: 1 }])
  inventory.beforeAnswer = () => undefined
  await untilEqual()
  expect(await rows()).toMatchObject([{ version: 2, stock: 6 }])
})

test('stopping ends a rebuild between two of its steps, and the next start begins it anew', async () => {
  for (let count = 0; count < 1500; count++) inventory.create()
  let stop: Promise<void> | undefined
  inventory.beforeAnswer = (call) => {
    if (call === 'deleted') stop ??= first.stop()
  }
  const first = follow()
  await eventually(() => expect(stop).toBeDefined())
  await stop
  expect(await position()).toBeUndefined()
  expect(await rows()).toHaveLength(1000)
  follow()
  await untilEqual()
})
