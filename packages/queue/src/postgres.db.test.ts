import { testDatabase } from '@kakilima/testkit/database-per-file'
import { untilBlocked } from '@kakilima/testkit/until-blocked'
import { type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPostgresQueue } from './postgres.ts'
import type { CursorOptions, Queue } from './queue.ts'

const db: Kysely<any> = await testDatabase<any>('order', 20)
const opened: Queue[] = []
const ids = (orders: { order_id: number }[]) => orders.map((order) => order.order_id)

function open(options: CursorOptions = {}): Queue {
  const queue = createPostgresQueue(db, options)
  opened.push(queue)
  return queue
}

function append(queue: Queue, idempotencyKey: string | null = null): Promise<number> {
  return queue.append({ userId: 7, lines: [{ product_id: 1, quantity: 1 }], idempotencyKey })
}

beforeEach(async () => {
  await sql`truncate new_orders, parked_orders`.execute(db)
  // Positions that earlier tests burned are behind it.
  await sql`
    update new_orders_progress
    set position = nextval('new_orders_positions'), leased_by = null, leased_until = '-infinity'`.execute(db)
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map((queue) => queue.close()))
})

async function progress(): Promise<number> {
  const { position } = await db.selectFrom('new_orders_progress').select('position').executeTakeFirstOrThrow()
  return position
}

/** A position that was given out to a write that failed. */
async function burnPosition(): Promise<number> {
  const { rows } = await sql<{ position: number }>`select nextval('new_orders_positions') as position`.execute(db)
  return rows[0]!.position
}

/** Writes an order at a position that it was given before, as a slow commit does. */
async function commitAt(position: number, orderId: number): Promise<void> {
  await sql`
    insert into new_orders (position, order_id, user_id, lines)
    values (${position}, ${orderId}, 7, '[{"product_id": 1, "quantity": 1}]')`.execute(db)
}

test('a thousand orders of one key are one row', async () => {
  const queues = [open(), open()]
  await Promise.all(Array.from({ length: 1000 }, (_, n) => append(queues[n % 2]!, 'cart 1')))
  const { rows } = await sql`select count(*) as count, min(user_id) as user_id from new_orders`.execute(db)
  expect(rows).toEqual([{ count: 1, user_id: 7 }])
})

test('two groups that hold the same keys in opposite order do not wait for each other', async () => {
  const holder = await db.startTransaction().execute()
  await sql`
    insert into new_orders (order_id, user_id, lines, idempotency_key, body_hash)
    values (9000009, 7, '[{"product_id": 1, "quantity": 1}]', 'm', 'x')`.execute(holder)
  const keys = ['a', 'm', 'z']
  const [up, down] = [open(), open()]
  const appending = [
    Promise.all(keys.map((key) => append(up, key))),
    Promise.all(keys.toReversed().map((key) => append(down, key))),
  ]
  // Each group has written what it could before the key that somebody else holds.
  await untilBlocked(db, 2)
  await holder.rollback().execute()
  const [one, two] = await Promise.all(appending)
  expect(two!.toReversed()).toEqual(one)
})

test('asking again under a known key burns no position, which the worker would wait for', async () => {
  const queue = open()
  await append(queue, 'k')
  const before = await burnPosition()
  await Promise.all(Array.from({ length: 20 }, () => append(queue, 'k')))
  await append(queue, 'k')
  expect(await burnPosition()).toBe(before + 1)
})

test('a row that commits late is taken late, though later positions were taken before it', async () => {
  const queue = open()
  const early = await append(queue)
  const isWritten = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const slow = db.transaction().execute(async (tx) => {
    await sql`insert into new_orders (order_id, user_id, lines) values (9000001, 7, '[{"product_id": 1, "quantity": 1}]')`.execute(
      tx,
    )
    isWritten.resolve()
    await gate.promise
  })
  await isWritten.promise
  const later = await append(queue)
  const taken = await queue.take(10)
  expect(ids(taken)).toEqual([early, later])
  await queue.acknowledge(taken)
  expect(await queue.take(10)).toEqual([])
  gate.resolve()
  await slow
  const late = await queue.take(10)
  expect(ids(late)).toEqual([9000001])
  await queue.acknowledge(late)
  expect(await progress()).toBe(taken[1]!.position)
})

test('a row that commits late is taken by the next worker, too', async () => {
  const first = open()
  const position = await burnPosition()
  await append(first)
  await first.acknowledge(await first.take(10))
  expect(await progress()).toBeLessThan(position)
  await first.close()
  await commitAt(position, 9000002)
  expect(ids(await open().take(10))).toContain(9000002)
})

test('a row that commits late comes first in a batch that is not large enough for all', async () => {
  const queue = open()
  const position = await burnPosition()
  const appended = [await append(queue)]
  await queue.take(10)
  for (let n = 0; n < 3; n++) appended.push(await append(queue))
  await commitAt(position, 9000003)
  expect(ids(await queue.take(2))).toEqual([9000003, appended[1]])
  expect(ids(await queue.take(10))).toEqual(appended.slice(2))
})

test('a position whose write failed holds the progress up for a while, and never longer', async () => {
  const patient = open({ missingMs: 60_000 })
  const burnt = await burnPosition()
  const first = await append(patient)
  await patient.acknowledge(await patient.take(10))
  expect(await progress()).toBeLessThan(burnt)
  await patient.close()

  const hasty = open({ missingMs: 20 })
  const again = await hasty.take(10)
  expect(ids(again)).toEqual([first])
  await hasty.acknowledge(again)
  await vi.waitFor(async () => {
    await append(hasty)
    const taken = await hasty.take(10)
    await hasty.acknowledge(taken)
    expect(await progress()).toBe(taken.at(-1)!.position)
  })
  expect(await progress()).toBeGreaterThan(burnt)
})

test('progress is the position below which all is decided, not the highest one', async () => {
  const queue = open()
  for (let n = 0; n < 4; n++) await append(queue)
  const before = await progress()
  const taken = await queue.take(10)
  await queue.acknowledge([taken[3]!])
  expect(await progress()).toBe(before)
  await queue.acknowledge([taken[0]!])
  expect(await progress()).toBe(taken[0]!.position)
  await queue.acknowledge([taken[2]!])
  await queue.acknowledge([taken[1]!])
  expect(await progress()).toBe(taken[3]!.position)
})

test('a worker that lost its lease does not move the progress of the one that has it', async () => {
  const slow = open({ leaseMs: 30 })
  for (let n = 0; n < 3; n++) await append(slow)
  const taken = await slow.take(10)
  const before = await progress()
  const other = open({ leaseMs: 60_000 })
  await vi.waitFor(async () => expect(await other.take(10)).toHaveLength(3), { interval: 10 })
  await slow.acknowledge(taken)
  expect(await progress()).toBe(before)
  expect(await slow.take(10)).toEqual([])
  await other.acknowledge(taken)
  expect(await progress()).toBe(taken[2]!.position)
})

test('an append that the database refuses fails its caller, and the next one succeeds', async () => {
  const queue = open()
  await sql`alter table new_orders rename to gone`.execute(db)
  try {
    const results = await Promise.allSettled([append(queue), append(queue)])
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected'])
  } finally {
    await sql`alter table gone rename to new_orders`.execute(db)
  }
  const id = await append(queue)
  expect(ids(await queue.take(10))).toEqual([id])
})
