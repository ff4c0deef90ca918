import { testDatabase } from '@kakilima/testkit/database-per-file'
import { emptyQueue } from '@kakilima/testkit/empty-queue'
import { untilBlocked } from '@kakilima/testkit/until-blocked'
import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPostgresQueue } from './postgres.ts'
import type { CursorOptions, Queue } from './queue.ts'
import { readQueuedBody, toQueuedBody } from './order-body.ts'

const db: Kysely<any> = await testDatabase<any>('order', 20)
const opened: Queue[] = []
const ids = (orders: { order_id: number }[]) => orders.map((order) => order.order_id)

function open(options: CursorOptions = {}): Queue {
  const queue = createPostgresQueue(db, options)
  opened.push(queue)
  return queue
}

function append(queue: Queue, idempotencyKey: string | null = null): Promise<number> {
  return queue.append({ userId: 7, body: toQueuedBody({ lines: [{ product_id: 1, quantity: 1 }] }), idempotencyKey })
}

beforeEach(() => emptyQueue(db))

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

test('asking again under a known key burns no position', async () => {
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

test('F1 a burned position holds nothing up and never counts as waiting, and the next worker knows it, too', async () => {
  const queue = open()
  const burned = await burnPosition()
  const id = await append(queue)
  expect(await queue.depth()).toEqual({ depth: 1, decided: 0 })
  await queue.acknowledge(await queue.take(10))
  expect(await queue.depth()).toEqual({ depth: 0, decided: 1 })
  expect(await queue.status()).toMatchObject({ depth: 0, oldest_accepted_at: null })
  await queue.close()

  const next = open()
  expect(await next.depth()).toEqual({ depth: 0, decided: 1 })
  expect(await next.overdue(-1)).toEqual([])
  expect(await next.take(10)).toEqual([])
  expect(await next.take(10), 'nothing new came, and what can never come is passed all the same').toEqual([])
  expect(await progress()).toBeGreaterThan(burned)
  expect(await next.passed()).toEqual({ orderIds: [id], next: undefined })
})

test('F1 a sequence that jumps far ahead, as after a crash, costs one look and no more', async () => {
  const queue = open()
  const [before] = [await append(queue)]
  await queue.acknowledge(await queue.take(10))
  await sql`select setval('new_orders_positions', nextval('new_orders_positions') + 1000000000)`.execute(db)
  const after = await append(queue)
  expect(await queue.depth()).toEqual({ depth: 1, decided: 1 })
  const taken = await queue.take(10)
  expect(ids(taken)).toEqual([after])
  await queue.acknowledge(taken)
  await queue.take(10)
  await queue.take(10)
  expect(await queue.depth()).toEqual({ depth: 0, decided: 2 })
  expect(await progress()).toBe(taken[0]!.position)
  expect((await queue.passed()).orderIds).toEqual([before, after])
})

test('R12 double taps with milliseconds between them leave nothing that waits', async () => {
  const taps = 200
  const [one, other, worker] = [open(), open(), open()]
  const pairs = Array.from({ length: taps }, async (_, n) => {
    await sleep(n * 2)
    const first = append(one, `tap ${n}`)
    await sleep(n % 21)
    return [await first, await append(other, `tap ${n}`)]
  })
  const decided = new Set<number>()
  let isOver = false
  const working = (async () => {
    while (!isOver || decided.size < taps) {
      const taken = await worker.take(50)
      for (const { order_id } of taken) decided.add(order_id)
      if (taken.length > 0) await worker.acknowledge(taken)
      else await sleep(1)
    }
  })()
  const told = await Promise.all(pairs)
  isOver = true
  await working
  for (const [first, second] of told) expect(second).toBe(first)
  expect(new Set(told.flat()).size).toBe(taps)
  expect(await worker.depth()).toEqual({ depth: 0, decided: taps })
  expect(await worker.waitingOf(7)).toEqual([])
  expect((await worker.passed()).orderIds.toSorted((a, b) => a - b)).toEqual([...decided].toSorted((a, b) => a - b))
})

test('F2 a row whose write stands still is waited for by one worker after the other, and others are decided meanwhile', async () => {
  const slow = await db.startTransaction().execute()
  await sql`insert into new_orders (order_id, user_id, lines) values (9000004, 7, '[{"product_id": 1, "quantity": 1}]')`.execute(
    slow,
  )
  for (let worker = 0; worker < 3; worker++) {
    const queue = open()
    for (let round = 0; round < 10; round++) {
      await append(queue)
      const taken = await queue.take(10)
      expect(taken).toHaveLength(1)
      await queue.acknowledge(taken)
      expect((await queue.depth()).depth).toBe(0)
    }
    await queue.close()
  }
  await slow.commit().execute()
  const last = open()
  expect((await last.depth()).depth).toBe(1)
  expect(await last.overdue(-1)).toEqual([9000004])
  const late = await last.take(10)
  expect(ids(late)).toEqual([9000004])
  await last.acknowledge(late)
  expect((await last.depth()).depth).toBe(0)
})

test('F2 a page that cannot hold all that came late gives none of it up', async () => {
  const slow = await db.startTransaction().execute()
  await sql`
    insert into new_orders (order_id, user_id, lines)
    select 9000100 + n, 7, '[{"product_id": 1, "quantity": 1}]' from generate_series(1, 5) n`.execute(slow)
  const queue = open()
  const first = await append(queue)
  expect(ids(await queue.take(10))).toEqual([first])
  await slow.commit().execute()
  expect(ids(await queue.take(2))).toEqual([9000101, 9000102])
  expect(ids(await queue.take(2))).toEqual([9000103, 9000104])
  expect(ids(await queue.take(2))).toEqual([9000105])
})

test('an order that another worker has in its hands counts as waiting, and goes on waiting when that worker dies', async () => {
  const dying = open({ leaseMs: 30 })
  for (let n = 0; n < 3; n++) await append(dying)
  const taken = await dying.take(10)
  await dying.acknowledge([taken[2]!])
  expect((await dying.depth()).depth).toBe(2)
  const next = open()
  await vi.waitFor(async () => expect(ids(await next.take(10))).toEqual(ids(taken.slice(0, 2))), { interval: 10 })
})

test('an order that the version before accepted is taken, and its retry is known', async () => {
  const before = [{ product_id: 1, quantity: 1 }]
  await sql`
    insert into new_orders (order_id, user_id, lines, idempotency_key, body_hash)
    values (9000005, 7, ${JSON.stringify(before)}, 'k', ${hash('sha256', '[[1,1]]', 'base64url')})`.execute(db)
  const queue = open()
  expect(await append(queue, 'k')).toBe(9000005)
  const [taken] = await queue.take(10)
  expect(readQueuedBody(taken!.body)).toEqual({ lines: before })
  expect((await queue.find(9000005))!.body).toEqual(before)
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
