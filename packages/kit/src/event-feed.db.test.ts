import { type FeedPosition, feedPage } from '@kakilima/contracts/event-feed'
import { silentLogger } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type ControlledTransaction, type Kysely, sql } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { feedPosition, followFeed, readFeed } from './event-feed.ts'
import type { Loop } from './loop.ts'
import { addToOutbox } from './outbox.ts'

type Event = { id: number; subject_id: number }

const db: Kysely<any> = await testDatabase<any>('order', 20)
const loops: Loop[] = []
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)

beforeEach(async () => {
  await sql`truncate outbox`.execute(db)
})

afterEach(async () => {
  await Promise.all(loops.splice(0).map((loop) => loop.stop()))
})

const subjects = (events: Event[]) => events.map((event) => event.subject_id)
const read = (position: FeedPosition) => readFeed<Event>(db, sql`subject_id`, position)

function add(...ids: number[]): Promise<number[]> {
  return addTo(db, ...ids)
}

function addTo(tx: Kysely<any>, ...ids: number[]): Promise<number[]> {
  const events = ids.map((id) => ({ type: 'order.paid' as const, subject_id: id, version: 2, data: { id } }))
  return addToOutbox(tx, events, false)
}

/** Events that have their ids and are not committed yet. */
async function addSlowly(...ids: number[]): Promise<ControlledTransaction<any>> {
  const tx = await db.startTransaction().execute()
  await addTo(tx, ...ids)
  return tx
}

/** Follows the feed. `seen` are the subjects of the events that came, `rounds` counts how often the feed was read. */
function follow(change: Partial<Parameters<typeof followFeed<Event>>[0]> = {}) {
  const follower = { seen: [] as number[], rounds: 0, isWanted: true }
  const loop = followFeed<Event>({
    name: 'test',
    logger: silentLogger(),
    idleMs: 5,
    isWanted: () => follower.isWanted,
    position: () => feedPosition(db),
    read,
    handle: async (events) => {
      follower.seen.push(...subjects(events))
      follower.rounds++
    },
    ...change,
  })
  loops.push(loop)
  return follower
}

/** Waits until what was there before has been read. */
async function untilRead(follower: { rounds: number }): Promise<void> {
  const { rounds } = follower
  await eventually(() => expect(follower.rounds).toBeGreaterThan(rounds + 1))
}

test('a reader hears of what happens from now on and not of what was before', async () => {
  await add(1, 2)
  const follower = follow()
  await untilRead(follower)
  await add(3)
  await add(4, 5)
  await eventually(() => expect(follower.seen).toEqual([3, 4, 5]))
})

test('an event that is committed after a later one is delivered, once', async () => {
  const follower = follow()
  await untilRead(follower)
  const slow = await addSlowly(1, 2)
  await add(3)
  await eventually(() => expect(follower.seen).toEqual([3]))
  await untilRead(follower)
  await slow.commit().execute()
  await eventually(() => expect(follower.seen).toEqual([3, 1, 2]))
  await untilRead(follower)
  expect(follower.seen).toEqual([3, 1, 2])
})

test('what was written and not committed when the reader began is delivered when it is', async () => {
  await add(1)
  const early = await addSlowly(2)
  await add(3)
  const late = await addSlowly(4)
  const follower = follow()
  await untilRead(follower)
  await late.commit().execute()
  await early.commit().execute()
  await eventually(() => expect(follower.seen.toSorted((a, b) => a - b)).toEqual([2, 4]))
})

test('the position tells what is missing, also where there are no events yet, and looks back no further than it must', async () => {
  await add(1)
  await (await addSlowly(2)).rollback().execute()
  const [last] = await add(3)
  const position = await feedPosition(db)
  expect(position.after).toBe(last)
  expect(position.missing).toContain(last! - 1)
  expect(position.missing).not.toContain(last)
  expect(position.missing).not.toContain(last! - 2)

  await sql`truncate outbox`.execute(db)
  const far = last! + 50_000
  await sql`select setval(pg_get_serial_sequence('outbox', 'id'), ${far})`.execute(db)
  const { after, missing } = await feedPosition(db)
  expect([after, missing.length, missing[0], missing.at(-1)]).toEqual([far, 10_000, far - 9999, far])
  await sql`truncate outbox restart identity`.execute(db)
  expect(await feedPosition(db)).toEqual({ after: 0, missing: [] })
})

test('an event that never comes is given up, and later ones are not held up by it', async () => {
  const missings: number[] = []
  const follower = follow({
    missingMs: 20,
    read: (position) => {
      missings.push(position.missing.length)
      return read(position)
    },
  })
  await untilRead(follower)
  await (await addSlowly(1)).rollback().execute()
  await add(2)
  await eventually(() => expect(follower.seen).toEqual([2]))
  expect(missings).toContain(1)
  await eventually(() => expect(missings.at(-1)).toBe(0))
})

test('more than one page is read at once, each event one time', async () => {
  const follower = follow({ idleMs: 60_000 })
  await eventually(() => expect(follower.rounds).toBe(1))
  const all = range(feedPage * 2 + 1)
  await add(...all)
  loops[0]!.wake()
  await eventually(() => expect(follower.seen).toEqual(all))
  expect(follower.rounds).toBe(4)
})

test('more late events than a page holds all come', async () => {
  const follower = follow()
  await untilRead(follower)
  const slow = await addSlowly(...range(feedPage + 10))
  await add(-1)
  await eventually(() => expect(follower.seen).toEqual([-1]))
  await slow.commit().execute()
  await eventually(() => expect(follower.seen).toEqual([-1, ...range(feedPage + 10)]))
})

test('a reader goes on from where it was after failures of the service, and of its own', async () => {
  let failures = 0
  const follower = follow({
    read: async (position) => {
      if (failures > 0 && failures-- % 2 === 0) throw new Error('the service is away')
      return read(position)
    },
    handle: async (events) => {
      follower.rounds++
      if (failures > 0) throw new Error('cannot be handled')
      follower.seen.push(...subjects(events))
    },
  })
  await untilRead(follower)
  failures = 5
  const slow = await addSlowly(1)
  await add(2)
  await slow.commit().execute()
  await eventually(() => expect(follower.seen.toSorted((a, b) => a - b)).toEqual([1, 2]))
})

test('while nobody wants to know nothing is asked, and afterwards nothing old is told', async () => {
  const asked: string[] = []
  let looks = 0
  const follower = follow({
    isWanted: () => (looks++, follower.isWanted),
    position: async () => (asked.push('position'), feedPosition(db)),
    read: async (position) => (asked.push('read'), read(position)),
  })
  const untilLooked = async () => {
    const enough = looks + 3
    await eventually(() => expect(looks).toBeGreaterThan(enough))
  }
  await untilRead(follower)
  follower.isWanted = false
  await untilLooked()
  const before = [...asked]
  await add(1)
  await untilLooked()
  expect(asked).toEqual(before)
  follower.isWanted = true
  await untilRead(follower)
  await add(2)
  await eventually(() => expect(follower.seen).toEqual([2]))
  expect(asked.filter((what) => what === 'position')).toHaveLength(2)
})

test('neither reading nor beginning walks over the whole outbox', async () => {
  await sql`
    insert into outbox (type, subject_id, version, data)
    select 'order.paid', n, 1, jsonb_build_object('user_id', n, 'filler', repeat('x', 300)) from generate_series(1, 50000) n`.execute(
    db,
  )
  await sql`analyze outbox`.execute(db)
  // On one connection: others tell of what they read only after a while.
  await db.connection().execute(async (connection) => {
    const scans = async () => {
      await sql`select pg_stat_force_next_flush()`.execute(connection)
      const { rows } = await sql<{ seq_scan: number }>`
        select seq_scan from pg_stat_user_tables where relname = 'outbox'`.execute(connection)
      return rows[0]!.seq_scan
    }
    const readHere = (position: FeedPosition) => readFeed<Event>(connection, sql`subject_id`, position)
    const before = await scans()
    const { after } = await feedPosition(connection)
    expect(await readHere({ after: after - 100, missing: range(300).map((n) => after - 40_000 + n) })).toHaveLength(400)
    await readHere({ after, missing: [] })
    await readHere({ after: 0, missing: [] })
    expect(await scans()).toBe(before)
  })
})
