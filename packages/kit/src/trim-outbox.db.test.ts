import { silentLogger } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { countDeadlocks } from '@kakilima/testkit/until-blocked'
import { type Kysely, sql } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { beforeEach, expect, test } from 'vitest'
import { startTrimming, trimOutbox } from './trim-outbox.ts'

const db: Kysely<any> = await testDatabase<any>('order', 20)

beforeEach(async () => {
  await sql`truncate outbox, feed_readers, trimmed_events restart identity`.execute(db)
})

/** Stores as many events as are asked for, which happened some minutes ago. */
async function add(count: number, { type = 'order.paid', minutesAgo = 90, isDue = false } = {}) {
  await sql`
    insert into outbox (type, subject_id, version, data, occurred_at, due_at)
    select ${type}, n, 1, '{}', clock_timestamp() - ${minutesAgo} * interval '1 minute',
      case when ${isDue} then clock_timestamp() end
    from generate_series(1, ${count}) n`.execute(db)
}

async function addReader(reader: string, settled_id: number, daysAway = 0): Promise<void> {
  const read_at = sql`clock_timestamp() - ${daysAway} * interval '1 day'`
  await db.insertInto('feed_readers').values({ reader, settled_id, read_at }).execute()
}

async function left(): Promise<number[]> {
  const rows = await db.selectFrom('outbox').select('id').orderBy('id').execute()
  return rows.map((row) => row.id)
}
async function trimmed(): Promise<Record<string, [number, number]>> {
  const rows = await db.selectFrom('trimmed_events').selectAll().execute()
  return Object.fromEntries(rows.map(({ type, events, last_id }) => [type, [events, last_id]]))
}

test('old events go and are counted by their types, from one time to the next', async () => {
  await add(3)
  await add(2, { type: 'order.placed' })
  expect(await trimOutbox(db, 60)).toBe(5)
  expect(await left()).toEqual([])
  expect(await trimmed()).toEqual({ 'order.paid': [3, 3], 'order.placed': [2, 5] })
  await add(4)
  expect(await trimOutbox(db, 60)).toBe(4)
  expect(await trimmed()).toEqual({ 'order.paid': [7, 9], 'order.placed': [2, 5] })
  expect(await trimOutbox(db, 60)).toBe(0)
})

test('young events stay', async () => {
  await add(1, { minutesAgo: 90 })
  await add(1, { minutesAgo: 59 })
  await add(1, { minutesAgo: 61 })
  await trimOutbox(db, 60)
  expect(await left()).toEqual([2])
  await trimOutbox(db, 0.5)
  expect(await left()).toEqual([])
})

test('an event stays until what follows from it is done', async () => {
  await add(1)
  await add(1, { isDue: true })
  await add(1)
  await trimOutbox(db, 60)
  expect(await left()).toEqual([2])
  await sql`update outbox set due_at = null`.execute(db)
  await trimOutbox(db, 60)
  expect(await left()).toEqual([])
})

test('an event stays until every reader has passed it, whoever is the slowest', async () => {
  await add(6)
  await addReader('catalog', 2)
  await addReader('webhook', 4)
  await trimOutbox(db, 60)
  expect(await left()).toEqual([3, 4, 5, 6])
  await sql`update feed_readers set settled_id = 6 where reader = 'catalog'`.execute(db)
  await trimOutbox(db, 60)
  expect(await left()).toEqual([5, 6])
})

test('a reader that has been away for more than seven days holds nothing back', async () => {
  await add(4)
  await addReader('catalog', 1, 6.9)
  await addReader('webhook', 0, 7.1)
  await trimOutbox(db, 60)
  expect(await left()).toEqual([2, 3, 4])
  await sql`update feed_readers set read_at = read_at - interval '1 day'`.execute(db)
  await trimOutbox(db, 60)
  expect(await left()).toEqual([])
})

test('several processes that trim at once count each event once', async () => {
  await add(3000)
  await add(3000, { type: 'order.placed' })
  const before = await countDeadlocks(db)
  const counts = await Promise.all(Array.from({ length: 6 }, () => trimOutbox(db, 60)))
  // Whoever came second may have found all of its own gone, and what is behind them left.
  await trimOutbox(db, 60)
  await trimOutbox(db, 60)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(6000)
  expect(await left()).toEqual([])
  expect(await trimmed()).toEqual({ 'order.paid': [3000, 3000], 'order.placed': [3000, 6000] })
  expect(await countDeadlocks(db)).toBe(before)
})

test('what is written while events are trimmed is neither lost nor counted', async () => {
  let isOver = false
  const trimming = (async () => {
    let count = 0
    while (!isOver) count += await trimOutbox(db, 60)
    return count
  })()
  for (let round = 0; round < 30; round++) {
    await add(40)
    await add(10, { minutesAgo: 0 })
  }
  isOver = true
  const dropped = (await trimming) + (await trimOutbox(db, 60))
  expect(dropped).toBe(1200)
  expect(await left()).toHaveLength(300)
  expect((await trimmed())['order.paid']![0]).toBe(1200)
})

test('trimming goes on by itself, as long as there is much, until it is stopped', async () => {
  await add(12_000)
  const loop = startTrimming(db, silentLogger(), 60)
  try {
    await eventually(async () => expect(await left()).toHaveLength(0))
  } finally {
    await loop.stop()
  }
  await add(1)
  expect(await left()).toHaveLength(1)
  expect(await trimmed()).toMatchObject({ 'order.paid': [12_000, 12_000] })
})
