import { feedPage, scannedPage } from '@kakilima/contracts/event-feed'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type Kysely, sql } from 'kysely'
import Type from 'typebox'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { readConfig, serverSettings } from './config.ts'
import { eventFeedRoutes } from './event-feed-routes.ts'
import { addToOutbox } from './outbox.ts'
import { buildServer } from './server.ts'
import { trimOutbox } from './trim-outbox.ts'

const db: Kysely<any> = await testDatabase<any>('inventory', 20)
const config = readConfig(Type.Object(serverSettings(0)), testEnvironment())
const app = await buildServer({ name: 'test', config, logger: silentLogger(), checkReady: async () => {} })
eventFeedRoutes(app, db, (type, data) => (type === 'product.created' ? { ...data, presented: true } : data))
afterAll(() => app.close())

beforeEach(async () => {
  await sql`truncate outbox, feed_readers, trimmed_events restart identity`.execute(db)
})

const range = (length: number) => Array.from({ length }, (_, index) => index + 1)

function addTo(tx: Kysely<any>, ...subjects: number[]): Promise<number[]> {
  const events = subjects.map((id) => ({ type: 'stock.changed' as const, subject_id: id, version: 2, data: { id } }))
  return addToOutbox(tx, events, false)
}
const add = (...subjects: number[]) => addTo(db, ...subjects)

async function begin(reader = 'catalog') {
  const answer = await app.inject({ method: 'PUT', url: `/events/readers/${reader}` })
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json()
}

async function read(after: number, missing: number[] = [], reader?: string) {
  const payload = { after, missing, ...(reader !== undefined && { reader }) }
  const answer = await app.inject({ method: 'POST', url: '/events', payload })
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json()
}
const subjects = ({ events }: { events: { subject_id: number }[] }) => events.map((event) => event.subject_id)
const readers = () => db.selectFrom('feed_readers').selectAll().orderBy('reader').execute()

/** Drops what no reader needs, however young. */
const trim = () => trimOutbox(db, 0)

test('an event is told with its subject as others see it, and every time in it as times are on the wire', async () => {
  await sql`
    insert into outbox (type, subject_id, version, data, occurred_at) values
    ('product.created', 7, 1, '{"id": 7, "name": "Kopi", "created_at": "2026-11-22T08:00:00.123999+00:00",
      "deleted_at": null, "updated_at": "2026-11-22T15:00:00.5+07:00", "format": "2026-11-22T15:00:00+07:00"}',
      '2026-11-22 08:00:01.25+00'),
    ('product.deleted', 7, 2, '{"id": 7, "version": 2}', '2026-11-22 08:00:02+00')`.execute(db)
  expect(await read(0)).toEqual({
    events: [
      {
        id: 1,
        type: 'product.created',
        subject_id: 7,
        version: 1,
        occurred_at: '2026-11-22T08:00:01.250Z',
        data: {
          id: 7,
          name: 'Kopi',
          created_at: '2026-11-22T08:00:00.123Z',
          deleted_at: null,
          updated_at: '2026-11-22T08:00:00.500Z',
          format: '2026-11-22T15:00:00+07:00',
          presented: true,
        },
      },
      {
        id: 2,
        type: 'product.deleted',
        subject_id: 7,
        version: 2,
        occurred_at: '2026-11-22T08:00:02.000Z',
        data: { id: 7, version: 2 },
      },
    ],
    settled: 0,
    is_cut: false,
  })
})

test('events after a position and missing ones come in order of their ids, a page at a time', async () => {
  await add(...range(feedPage + 20))
  expect(subjects(await read(0))).toEqual(range(feedPage))
  expect(subjects(await read(feedPage))).toHaveLength(20)
  expect(subjects(await read(feedPage + 10, [3, 1]))).toEqual([1, 3, ...range(10).map((n) => feedPage + 10 + n)])
  expect(await read(feedPage + 20)).toEqual({ events: [], settled: 0, is_cut: false })
})

test('of events that are not wanted the ids alone are told, many at once, up to a page of those that are', async () => {
  const ask = async (payload: object) => (await app.inject({ method: 'POST', url: '/events', payload })).json()
  await sql`
    insert into outbox (type, subject_id, version, data)
    select case when n % 5 = 0 then 'product.created' else 'stock.changed' end, n, 1, jsonb_build_object('id', n)
    from generate_series(1, 6000) n`.execute(db)
  const types = ['product.created', 'product.deleted']
  const first = await ask({ after: 0, missing: [], types })
  expect(first.events).toHaveLength(feedPage)
  expect(first.events[0]).toMatchObject({ id: 5, type: 'product.created', data: { id: 5, presented: true } })
  // All between them, and no further than to the next that is wanted.
  const seen = [...subjects(first), ...first.passed].toSorted((one, other) => one - other)
  expect(seen).toEqual(range(2504))

  const next = await ask({ after: 2504, missing: [3, 20], types })
  expect(subjects(next)).toEqual([20, ...range(feedPage - 1).map((n) => 2500 + 5 * n)])
  expect([next.passed[0], next.passed[1], next.passed.at(-1)]).toEqual([3, 2506, 4999])
  expect(await ask({ after: 5998, missing: [], types: [] })).toEqual({
    events: [],
    passed: [5999, 6000],
    settled: 0,
    is_cut: false,
  })
  expect((await ask({ after: 0, missing: [], types: [] })).passed).toEqual(range(scannedPage))
})

test('a reader begins behind all that is committed, and knows what may still be', async () => {
  await add(1)
  const slow = await db.startTransaction().execute()
  await addTo(slow, 2, 3)
  await add(4)
  const position = await begin()
  expect(position).toEqual({ after: 4, missing: [2, 3] })
  expect(await readers()).toMatchObject([{ reader: 'catalog', settled_id: 1 }])
  await slow.commit().execute()
  await add(5)
  expect(subjects(await read(position.after, position.missing))).toEqual([2, 3, 5])
})

test('a reader with a name says by asking what it needs no more, one without says nothing', async () => {
  await add(...range(9))
  await begin('webhook')
  await read(5, [], 'catalog')
  expect(await readers()).toMatchObject([
    { reader: 'catalog', settled_id: 5 },
    { reader: 'webhook', settled_id: 9 },
  ])
  await read(7, [4], 'catalog')
  expect((await readers())[0]).toMatchObject({ settled_id: 3 })
  await read(9)
  expect(await readers()).toHaveLength(2)
  const answer = await app.inject({ method: 'DELETE', url: '/events/readers/catalog' })
  expect([answer.statusCode, (await readers()).map((row) => row.reader)]).toEqual([200, ['webhook']])
})

test('a reader that asks all the time and hears nothing new is noted once a minute', async () => {
  await add(1)
  const written = async () => (await sql`select xmin::text, read_at from feed_readers`.execute(db)).rows[0]
  await read(1, [], 'catalog')
  const first = await written()
  for (const _ of range(3)) await read(1, [], 'catalog')
  expect(await written()).toEqual(first)
  await sql`update feed_readers set read_at = read_at - interval '61 seconds'`.execute(db)
  await read(1, [], 'catalog')
  const { rows } = await sql<{ age: number }>`
    select extract(epoch from clock_timestamp() - read_at)::float8 as age from feed_readers`.execute(db)
  expect(rows[0]!.age).toBeLessThan(60)
})

test('a reader is told when what it needs was dropped, and only then', async () => {
  await add(...range(5))
  await read(3, [], 'catalog')
  expect(await trim()).toBe(3)
  expect(await read(3, [], 'catalog')).toMatchObject({ is_cut: false, events: [{ id: 4 }, { id: 5 }] })
  expect(await read(2)).toMatchObject({ is_cut: true })
  expect(await read(5, [2])).toMatchObject({ is_cut: true })
  expect(await read(5)).toMatchObject({ is_cut: false })
})

test('a reader that begins after events were dropped does not miss those', async () => {
  await add(...range(50))
  await trim()
  expect(await db.selectFrom('outbox').selectAll().execute()).toEqual([])
  const slow = await db.startTransaction().execute()
  await addTo(slow, 51)
  const position = await begin()
  expect(position).toEqual({ after: 51, missing: [51] })
  await slow.commit().execute()
  expect(await read(position.after, position.missing, 'catalog')).toMatchObject({ is_cut: false, events: [{ id: 51 }] })
})

test('a reader that has read further than there ever was anything is told to begin anew', async () => {
  expect(await read(0)).toMatchObject({ is_cut: false })
  expect(await read(1)).toMatchObject({ is_cut: true })
  await add(1, 2)
  expect(await read(2)).toMatchObject({ is_cut: false })
  expect(await read(3)).toMatchObject({ is_cut: true })
})

test('readers that nobody knows, and positions that cannot be, are refused', async () => {
  expect((await app.inject({ method: 'PUT', url: '/events/readers/Nobody%20known' })).statusCode).toBe(422)
  for (const payload of [{}, { after: -1, missing: [] }, { after: 1, missing: [0] }, { after: 1, missing: ['1'] }]) {
    const answer = await app.inject({ method: 'POST', url: '/events', payload })
    expect([answer.statusCode, answer.json().type]).toEqual([422, '/problems/invalid-input'])
  }
})
