import type { Call } from '@kakilima/contracts/clients'
import { feedPage } from '@kakilima/contracts/event-feed'
import type { EventType, ShopEvent } from '@kakilima/contracts/events'
import { eventFeedClient } from '@kakilima/contracts/shop-clients'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { cloneDatabase, openTestDatabase, testDatabase } from '@kakilima/testkit/database-per-file'
import { type ControlledTransaction, type Kysely, sql } from 'kysely'
import Type from 'typebox'
import { eventually } from '@kakilima/testkit/eventually'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readConfig, serverSettings } from './config.ts'
import { type DurableFeedOptions, type FeedPositionTable, followDurably, storePosition } from './durable-feed.ts'
import { eventFeedRoutes } from './event-feed-routes.ts'
import { addToOutbox } from './outbox.ts'
import { buildServer } from './server.ts'
import { trimOutbox } from './trim-outbox.ts'

type Tables = { effects: { event_id: number; subject_id: number }; feed_positions: FeedPositionTable }

/** The service whose events are followed. */
const orders: Kysely<any> = await testDatabase<any>('order', 20)
const config = readConfig(Type.Object(serverSettings(0)), testEnvironment())
const app = await buildServer({ name: 'test', config, logger: silentLogger(), checkReady: async () => {} })
eventFeedRoutes(app, orders, (_type, data) => data)
const call: Call = async ({ method, path, body }) => {
  const answer = await app.inject({ method, url: path, payload: body as object })
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json()
}
const client = eventFeedClient(call)

/** The database of those who follow: two processes of one service, say. */
const url = await cloneDatabase('catalog')
const db = await openTestDatabase<Tables>(url)
await sql`create table effects (event_id int8, subject_id int8)`.execute(db)

const loops: { stop: () => Promise<void> }[] = []
afterAll(() => app.close())

beforeEach(async () => {
  await sql`truncate outbox, feed_readers, trimmed_events restart identity`.execute(orders)
  await sql`truncate effects, feed_positions`.execute(db)
})

afterEach(async () => {
  await Promise.all(loops.splice(0).map((loop) => loop.stop()))
  vi.useRealTimers()
})

function add(...subjects: number[]): Promise<number[]> {
  return addTo(orders, ...subjects)
}

function addTo(tx: Kysely<any>, ...subjects: number[]): Promise<number[]> {
  const events = subjects.map((id) => ({ type: 'order.paid' as const, subject_id: id, version: 2, data: { id } }))
  return addToOutbox(tx, events, false)
}

/** Events that have their ids and are not committed yet. */
async function addSlowly(...subjects: number[]): Promise<ControlledTransaction<any>> {
  const tx = await orders.startTransaction().execute()
  await addTo(tx, ...subjects)
  return tx
}

async function write(tx: Kysely<Tables>, events: ShopEvent[]): Promise<void> {
  if (events.length === 0) return
  await tx
    .insertInto('effects')
    .values(events.map(({ id, subject_id }) => ({ event_id: id, subject_id })))
    .execute()
}

function follow(change: Partial<DurableFeedOptions<Tables>> = {}) {
  const seen = { reads: 0, moves: 0, begun: [] as string[] }
  const options: DurableFeedOptions<Tables> = {
    feed: 'order',
    reader: 'catalog',
    client,
    db,
    logger: silentLogger(),
    idleMs: 5,
    handle: write,
    begin: async (why) => {
      seen.begun.push(why)
      await storePosition(db, 'order', await client.begin('catalog'))
    },
    ...change,
  }
  const { read } = options.client
  const loop = followDurably<Tables>({
    ...options,
    client: {
      read: async (request) => {
        const reply = await read(request)
        seen.reads++
        return reply
      },
    },
    onMoved: (events) => {
      seen.moves++
      options.onMoved?.(events)
    },
  })
  loops.push(loop)
  return { seen, stop: loop.stop }
}

/** Begins at what is there now, so that all that comes is followed. */
async function begin(): Promise<void> {
  await storePosition(db, 'order', await client.begin('catalog'))
}

const position = () => db.selectFrom('feed_positions').selectAll().executeTakeFirst()
async function effects(): Promise<number[]> {
  const rows = await db.selectFrom('effects').select('subject_id').execute()
  return rows.map((row) => row.subject_id)
}
const untilEffects = (...subjects: number[]) => eventually(async () => expect(await effects()).toEqual(subjects))

/** Waits until all that there was before has been read, and what follows from it was done. */
async function untilRead(follower: { seen: { reads: number } }): Promise<void> {
  const { reads } = follower.seen
  await eventually(() => expect(follower.seen.reads).toBeGreaterThan(reads + 1))
}

const range = (length: number) => Array.from({ length }, (_, index) => index + 1)

test('each event takes effect once and in order, also what came while nobody followed', async () => {
  await begin()
  const first = follow()
  await add(1, 2)
  await add(3)
  await untilEffects(1, 2, 3)
  await first.stop()
  await add(4)
  await add(5)
  const second = follow()
  await untilEffects(1, 2, 3, 4, 5)
  await untilRead(second)
  expect(await effects()).toEqual([1, 2, 3, 4, 5])
  expect(second.seen.begun).toEqual([])
})

test('more than one page is followed at once', async () => {
  await begin()
  const all = range(2 * feedPage + 10)
  await add(...all)
  const follower = follow({ idleMs: 60_000 })
  await untilEffects(...all)
  expect(follower.seen.reads).toBe(3)
})

test('what is not wanted is passed by, and what is wanted from now on comes from now on', async () => {
  const wanted = new Set<EventType>(['order.expired'])
  const read: EventType[] = []
  const happen = (type: EventType) => addToOutbox(orders, [{ type, subject_id: 1, version: 2, data: { id: 1 } }], false)
  await begin()
  // Somebody begins to want something between two readings, while one is on its way.
  let isChanged = false
  const slow = {
    read: async (request: Parameters<typeof client.read>[0]) => {
      const reply = await client.read(request)
      if (!isChanged && (reply.passed ?? []).includes(3)) {
        isChanged = true
        wanted.add('order.paid')
      }
      return reply
    },
  }
  follow({
    client: slow,
    types: async () => [...wanted],
    handle: async (tx, events) => {
      await write(tx, events)
      read.push(...events.map(({ type }) => type))
    },
  })
  await happen('order.placed')
  await happen('order.expired')
  await eventually(() => expect(read).toEqual(['order.expired']))
  await happen('order.paid')
  await eventually(() => expect(read).toEqual(['order.expired', 'order.paid']))
  await happen('order.placed')
  await eventually(async () =>
    expect(await db.selectFrom('feed_positions').select(['after', 'missing']).execute()).toEqual([
      { after: 4, missing: [] },
    ]),
  )
  expect(read).toEqual(['order.expired', 'order.paid'])
})

test('what has to be asked elsewhere is asked before the transaction', async () => {
  const steps: string[] = []
  await begin()
  follow({
    prepare: async (events) => {
      const { rows } = await sql<{ after: number }>`select after from feed_positions`.execute(db)
      steps.push(`asked about ${events.length} at ${rows[0]!.after}`)
    },
    handle: async (_tx, events) => {
      steps.push(`handled ${events.length}`)
    },
  })
  await add(1, 2)
  await eventually(() => expect(steps).toEqual(['asked about 2 at 0', 'handled 2']))
})

test('a process that dies after its work and before the commit has done nothing, and the work is done once', async () => {
  await begin()
  const before = await position()
  let deaths = 2
  const found: unknown[] = []
  follow({
    handle: async (tx, events) => {
      found.push(await position())
      await write(tx, events)
      if (deaths-- > 0) await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx)
    },
  })
  await add(1, 2)
  await untilEffects(1, 2)
  expect(found).toEqual([before, before, before])
})

test('a process that dies right after the commit does not do its work again', async () => {
  await begin()
  let deaths = 2
  follow({
    onMoved: () => {
      if (deaths-- > 0) throw new Error('died')
    },
  })
  await add(1)
  await untilEffects(1)
  await add(2)
  await untilEffects(1, 2)
  await eventually(() => expect(deaths).toBeLessThan(0))
  expect(await effects()).toEqual([1, 2])
})

test('what cannot be handled is handled later, and nothing of a failure stays', async () => {
  await begin()
  let failures = 3
  follow({
    handle: async (tx, events) => {
      await write(tx, events)
      if (failures-- > 0) throw new Error('cannot be handled')
    },
  })
  await add(1)
  await untilEffects(1)
  expect(failures).toBeLessThan(0)
  await add(2)
  await untilEffects(1, 2)
})

test('two processes on one database do the work once, and both hear that it was done', async () => {
  await begin()
  const followers = [follow(), follow()]
  const all = range(60)
  for (const subject of all) {
    await add(subject)
    if (subject % 10 === 0) await untilEffects(...range(subject))
  }
  await untilEffects(...all)
  for (const { seen } of followers) await eventually(() => expect(seen.moves).toBeGreaterThan(5))
})

test('while two processes take in what others write all the time, nothing is lost or done twice', async () => {
  await begin()
  follow()
  follow()
  const writers = range(4).map(async (writer) => {
    for (const round of range(40)) {
      const tx = await orders.startTransaction().execute()
      await addTo(tx, writer * 1000 + round)
      await (round % 9 === 0 ? tx.rollback() : tx.commit()).execute()
    }
  })
  await Promise.all(writers)
  const wanted = range(4).flatMap((writer) =>
    range(40)
      .filter((round) => round % 9 !== 0)
      .map((round) => writer * 1000 + round),
  )
  await eventually(async () => expect((await effects()).toSorted((a, b) => a - b)).toEqual(wanted))
  // What was written behind a lock comes in its order.
  for (const writer of range(4)) {
    const own = (await effects()).filter((subject) => Math.floor(subject / 1000) === writer)
    expect(own).toEqual(own.toSorted((a, b) => a - b))
  }
})

test('what is committed late is found, also by the next process', async () => {
  await begin()
  const first = follow()
  const slow = await addSlowly(1, 2)
  await add(3)
  await untilEffects(3)
  await first.stop()
  expect(await position()).toMatchObject({ missing: [expect.any(Number), expect.any(Number)] })
  follow()
  await slow.commit().execute()
  await untilEffects(3, 1, 2)
  await eventually(async () => expect(await position()).toMatchObject({ missing: [] }))
})

test('what never comes is given up, and that is stored, too', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  await begin()
  const follower = follow()
  await (await addSlowly(1)).rollback().execute()
  await add(2)
  await untilEffects(2)
  expect(await position()).toMatchObject({ missing: [expect.any(Number)] })
  vi.advanceTimersByTime(60_001)
  await eventually(async () => expect(await position()).toMatchObject({ missing: [] }))
  await untilRead(follower)
  const { settled_id } = await orders.selectFrom('feed_readers').selectAll().executeTakeFirstOrThrow()
  expect(settled_id).toBe((await position())!.after)
})

test('two processes that take turns give up in time what never comes', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  await begin()
  await (await addSlowly(1)).rollback().execute()
  await add(100)
  follow()
  follow()
  // Each time the position moves, by whichever of them. Neither may begin to wait anew.
  for (const second of range(70)) {
    await add(100 + second)
    await eventually(async () => expect(await effects()).toHaveLength(second + 1))
    vi.advanceTimersByTime(1000)
  }
  await eventually(async () => expect(await position()).toMatchObject({ missing: [] }))
})

test('an answer that comes very late does not make the follower give up what was committed meanwhile', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  await begin()
  const slow = await addSlowly(1)
  await add(2)
  let isPaused = false
  follow({
    client: {
      read: async (request) => {
        const reply = await client.read(request)
        if (request.missing.length > 0 && !isPaused) {
          // The process stands still here for longer than any write may take.
          isPaused = true
          await slow.commit().execute()
          vi.advanceTimersByTime(120_000)
        }
        return reply
      },
    },
  })
  await eventually(async () => expect(await effects()).toEqual([2, 1]))
})

test('without a position it asks where to begin, until there is one', async () => {
  await add(1)
  let refusals = 2
  const follower = follow({
    begin: async (why) => {
      follower.seen.begun.push(why)
      if (refusals-- > 0) return
      await begin()
    },
  })
  await eventually(async () => expect(await position()).toBeDefined())
  await untilRead(follower)
  await add(2)
  await untilEffects(2)
  expect(follower.seen.begun).toEqual(['new', 'new', 'new'])
})

test('where events were dropped that it needs it is told to begin anew, and told that the position moved', async () => {
  await begin()
  const first = follow()
  await add(1)
  await untilEffects(1)
  await first.stop()
  await add(2)
  await sql`update feed_readers set read_at = read_at - interval '8 days'`.execute(orders)
  await trimOutbox(orders, 0)
  await add(3)
  const second = follow()
  await eventually(() => expect(second.seen.begun).toEqual(['cut']))
  await untilRead(second)
  await add(4)
  await untilEffects(1, 4)
  expect(second.seen.begun).toEqual(['cut'])
})

test('a follower that cannot begin anew rests before it asks again', async () => {
  await begin()
  await add(1)
  await sql`update feed_readers set read_at = read_at - interval '8 days'`.execute(orders)
  await trimOutbox(orders, 0)
  const follower = follow({
    idleMs: 60_000,
    // Another process is at it.
    begin: async (why) => void follower.seen.begun.push(why),
  })
  await eventually(() => expect(follower.seen.begun).toEqual(['cut']))
  // Time enough for many more questions.
  for (const _ of range(50)) await position()
  expect(follower.seen.reads).toBe(1)
})

test('a position that is ahead of the service, which was set back to an older copy, is no place to go on from', async () => {
  const [last] = await add(1)
  await storePosition(db, 'order', { after: last! + 1000, missing: [] })
  const follower = follow()
  await eventually(() => expect(follower.seen.begun).toEqual(['cut']))
  await untilRead(follower)
  await add(2)
  await untilEffects(2)
})

test('a position that somebody else stores is followed from there, and where it is removed there is a new beginning', async () => {
  await begin()
  const start = (await position())!
  const follower = follow()
  await add(1, 2)
  await untilEffects(1, 2)
  await storePosition(db, 'order', start)
  await untilEffects(1, 2, 1, 2)
  await db.deleteFrom('feed_positions').execute()
  await eventually(() => expect(follower.seen.begun).toEqual(['new']))
  await untilRead(follower)
  await add(3)
  await untilEffects(1, 2, 1, 2, 3)
})

test('a position that was removed and stored anew counts as moved', async () => {
  await begin()
  const follower = follow()
  await untilRead(follower)
  const { moves } = follower.seen
  await db.deleteFrom('feed_positions').execute()
  await eventually(() => expect(follower.seen.begun).toEqual(['new']))
  await eventually(() => expect(follower.seen.moves).toBe(moves + 1))
})
