import { dueEvents, insertOrder, makeDue } from '@kakilima/testkit/builders'
import { silentLogger } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type Kysely, sql } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Loop } from './loop.ts'
import { addToOutbox, markDone, type OutboxEvent, startRelay } from './outbox.ts'
import { storeTransition } from './transition.ts'

const db: Kysely<any> = await testDatabase<any>('order', 20)
const relays: Loop[] = []

beforeEach(async () => {
  await sql`truncate outbox, orders`.execute(db)
})

afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()))
})

function startTestRelay(followUp: (type: string, events: OutboxEvent[]) => Promise<void>): Loop {
  const relay = startRelay({ db, logger: silentLogger(), idleMs: 5, followUp })
  relays.push(relay)
  return relay
}

/** Stores events whose time has come already. */
async function addDue(type: OutboxEvent['type'], ids: number[]): Promise<void> {
  const events = ids.map((id) => ({ type, subject_id: id, version: 2, data: { id } }))
  await addToOutbox(db, events, true)
  await makeDue(db)
}

const range = (length: number) => Array.from({ length }, (_, index) => index + 1)

/** What the relay would wait for after a failure comes now. */
async function untilDone(): Promise<void> {
  await eventually(async () => {
    await makeDue(db)
    expect(await dueEvents(db)).toEqual([])
  })
}

test('an event is stored with the change it tells of, or not at all', async () => {
  const event: OutboxEvent = { type: 'order.paid', subject_id: 1, version: 2, data: { id: 1 } }
  const undone = db.transaction().execute(async (tx) => {
    await addToOutbox(tx, [event], true)
    throw new Error('after all')
  })
  await expect(undone).rejects.toThrow('after all')
  expect(await db.selectFrom('outbox').selectAll().execute()).toEqual([])

  expect(await addToOutbox(db, [event, { ...event, subject_id: 2 }], false)).toHaveLength(2)
  expect(await addToOutbox(db, [], true)).toEqual([])
  expect(await db.selectFrom('outbox').selectAll().orderBy('id').execute()).toMatchObject([
    { ...event, due_at: null, attempts: 0, last_error: null },
    { ...event, subject_id: 2, due_at: null },
  ])
})

test('what needs a follow-up falls due once the request had its time, unless it was done inline', async () => {
  const event: OutboxEvent = { type: 'order.paid', subject_id: 1, version: 2, data: {} }
  const [done, open] = await addToOutbox(db, [event, event], true)
  const { rows } = await sql<{ seconds: number }>`
    select extract(epoch from due_at - occurred_at)::float8 as seconds from outbox`.execute(db)
  for (const { seconds } of rows) expect(seconds).toBeCloseTo(3, 1)
  await markDone(db, [done!])
  await markDone(db, [])
  const due = await db.selectFrom('outbox').select('id').where('due_at', 'is not', null).execute()
  expect(due).toEqual([{ id: open }])
})

test('a transition stores the change and its event in one, and nothing where the guard finds another status', async () => {
  await insertOrder(db, 1)
  const cancel = () =>
    storeTransition<{ id: number; version: number; status: string }>(
      db,
      'order.canceled',
      sql`update orders set status = 'canceled', version = version + 1 where id = 1 and status = 'awaiting_payment'`,
      { needsFollowUp: true },
    )
  const all = (await Promise.all(range(20).map(cancel))).flat()
  expect(all).toHaveLength(1)
  expect(all[0]).toMatchObject({ event_id: expect.any(Number), row: { id: 1, version: 2, status: 'canceled' } })
  const events = await db.selectFrom('outbox').selectAll().where('type', '=', 'order.canceled').execute()
  expect(events).toMatchObject([
    { id: all[0]!.event_id, subject_id: 1, version: 2, data: { id: 1, status: 'canceled' } },
  ])
  expect(events[0]!.due_at).not.toBeNull()
})

test('the relay sees to what is due, by type, and leaves what is not due yet', async () => {
  await addDue('order.paid', [1, 2])
  await addDue('order.expired', [3])
  await addToOutbox(db, [{ type: 'order.paid', subject_id: 4, version: 2, data: {} }], true)
  const seen: [string, number[]][] = []
  startTestRelay(async (type, events) => {
    const ids = events.map((event) => event.subject_id)
    seen.push([type, ids.toSorted((a, b) => a - b)])
  })
  await eventually(() => expect(seen).toHaveLength(2))
  await eventually(async () => expect(await dueEvents(db)).toEqual(['order.paid']))
  expect(seen.toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
    ['order.expired', [3]],
    ['order.paid', [1, 2]],
  ])
})

test('a follow-up that failed is tried again until it succeeds, and its last error is noted meanwhile', async () => {
  await addDue('order.paid', [1])
  let tries = 0
  startTestRelay(async () => {
    if (++tries < 4) throw new Error(`try ${tries} failed`)
  })
  await eventually(async () => {
    const event = await db.selectFrom('outbox').selectAll().executeTakeFirstOrThrow()
    expect(event.last_error).toBe('try 1 failed')
    expect(Date.parse(event.due_at)).toBeGreaterThan(Date.parse(event.occurred_at))
  })
  await untilDone()
  expect(await db.selectFrom('outbox').select(['attempts', 'last_error']).execute()).toEqual([
    { attempts: 4, last_error: null },
  ])
})

test('one bad event does not hold up the others of its group', async () => {
  await addDue('order.paid', range(50))
  const good = new Set<number>()
  startTestRelay(async (_, events) => {
    if (events.some((event) => event.subject_id === 13)) throw new Error('13 is bad')
    for (const event of events) good.add(event.subject_id)
  })
  await eventually(async () => {
    await makeDue(db)
    expect(good.size).toBe(49)
    const left = await db
      .selectFrom('outbox')
      .select(['subject_id', 'last_error'])
      .where('due_at', 'is not', null)
      .execute()
    expect(left).toEqual([{ subject_id: 13, last_error: '13 is bad' }])
  })
})

test('two relays share the work and lose nothing, also where follow-ups fail now and then', async () => {
  const ids = range(1500)
  await addDue('order.expired', ids)
  const seen = [new Set<number>(), new Set<number>()]
  let rounds = 0
  for (const mine of seen) {
    startTestRelay(async (_, events) => {
      if (++rounds % 3 === 1) throw new Error('now and then')
      for (const event of events) mine.add(event.subject_id)
    })
  }
  await untilDone()
  expect([...new Set([...seen[0]!, ...seen[1]!])].toSorted((a, b) => a - b)).toEqual(ids)
})

test('two relays at once hand an event to one of them', async () => {
  await addDue('order.expired', range(1000))
  const seen: number[] = []
  const followUp = async (_: string, events: OutboxEvent[]) =>
    void seen.push(...events.map((event) => event.subject_id))
  startTestRelay(followUp)
  startTestRelay(followUp)
  await eventually(async () => expect(await dueEvents(db)).toEqual([]))
  expect(seen.toSorted((a, b) => a - b)).toEqual(range(1000))
})

test('an event that commits after a later one is seen to all the same', async () => {
  const seen: number[] = []
  const gate = Promise.withResolvers<void>()
  const isWritten = Promise.withResolvers<void>()
  const slow = db.transaction().execute(async (tx) => {
    await addToOutbox(tx, [{ type: 'order.paid', subject_id: 1, version: 2, data: {} }], true)
    await makeDue(tx)
    isWritten.resolve()
    await gate.promise
  })
  await isWritten.promise
  await addDue('order.paid', [2])
  startTestRelay(async (_, events) => void seen.push(...events.map((event) => event.subject_id)))
  await eventually(() => expect(seen).toEqual([2]))
  gate.resolve()
  await slow
  await eventually(() => expect(seen).toEqual([2, 1]))
})
