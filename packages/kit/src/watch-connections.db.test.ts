import { setTimeout as sleep } from 'node:timers/promises'
import { cloneDatabase } from '@kakilima/testkit/database-per-file'
import { startTcpProxy } from '@kakilima/testkit/tcp-proxy'
import pg from 'pg'
import { afterEach, expect, test, vi } from 'vitest'
import { isDatabaseAway, openDatabase } from './database.ts'
import { type ConnectionWatchOptions, watchConnections } from './watch-connections.ts'

const address = await cloneDatabase('user')
const proxy = await startTcpProxy(address)
const open: { end: () => Promise<void> }[] = []

function openPool(change: Partial<ConnectionWatchOptions> = {}, max = 3) {
  const pool = new pg.Pool({ connectionString: proxy.url, max })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const lost: Error[] = []
  const probes: pg.Client[] = []
  const openProbe = () => {
    const probe = new pg.Client({ connectionString: proxy.url, connectionTimeoutMillis: 500 })
    probes.push(probe)
    return probe
  }
  watchConnections(pool, {
    openProbe,
    silentMs: 200,
    longestMs: 60_000,
    onLost: (error) => lost.push(error),
    ...change,
  })
  open.push(pool)
  return { pool, lost, probes }
}

afterEach(async () => {
  proxy.mend()
  await Promise.all(open.splice(0).map((pool) => pool.end()))
})

/** As Kysely does it. */
async function run(pool: pg.Pool, statement: string): Promise<unknown[]> {
  const client = await pool.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    client.release()
  }
}
const ask = (pool: pg.Pool) => run(pool, 'select 1 as one')

test('F3 a statement that was lost on its way fails, and its connection is replaced', async () => {
  const { pool, lost } = openPool()
  await Promise.all([ask(pool), ask(pool), ask(pool)])
  proxy.lose()
  const answers = await Promise.allSettled([ask(pool), ask(pool), ask(pool)])
  for (const answer of answers) expect(answer).toMatchObject({ status: 'rejected' })
  expect(answers.every((answer) => isDatabaseAway((answer as PromiseRejectedResult).reason))).toBe(true)
  expect(lost).toHaveLength(3)
  expect(await ask(pool)).toEqual([{ one: 1 }])
})

test('F3 in a transaction that was lost, too', async () => {
  const { pool } = openPool({}, 1)
  const client = await pool.connect()
  await client.query('begin')
  proxy.lose()
  await expect(client.query('select 1')).rejects.toThrow('Connection terminated')
  client.release()
  expect(await ask(pool)).toEqual([{ one: 1 }])
})

test('F3 while nobody can be reached statements fail, and afterwards all is as before', async () => {
  const { pool } = openPool()
  await ask(pool)
  proxy.stall()
  await expect(ask(pool)).rejects.toThrow('Connection terminated')
  proxy.mend()
  await vi.waitFor(async () => expect(await ask(pool)).toEqual([{ one: 1 }]), { timeout: 30_000 })
})

test('F3 a question after silent connections that is lost itself ends, and the next one is asked', async () => {
  const { pool, probes, lost } = openPool({ answerMs: 300 })
  await ask(pool)
  proxy.lose()
  const failing = ask(pool)
  // The network fails again, between the connection of the first question and its answer.
  await vi.waitFor(() => expect(probes).toHaveLength(1), { timeout: 30_000, interval: 1 })
  probes[0]!.once('connect', () => proxy.lose())
  await expect(failing).rejects.toThrow('Connection terminated')
  expect(lost.length).toBeGreaterThan(0)
  expect(await ask(pool)).toEqual([{ one: 1 }])
})

test('a statement that takes its time is asked after and left alone, also where it waits for somebody', async () => {
  const { pool, lost, probes } = openPool()
  const holder = await pool.connect()
  await holder.query('begin; lock table users')
  const slow = run(pool, 'select pg_sleep(1.5)')
  const waiting = run(pool, 'select count(*) from users')
  await slow
  expect(probes.length).toBeGreaterThan(1)
  await holder.query('commit')
  holder.release()
  await waiting
  expect(lost).toEqual([])
})

test('a statement has a limit, whatever the server does for it', async () => {
  const { pool } = openPool({ longestMs: 400 })
  await expect(run(pool, 'select pg_sleep(60)')).rejects.toThrow('Connection terminated')
})

test('a pool that is not used is not looked after', async () => {
  const { pool, probes } = openPool()
  await ask(pool)
  await sleep(500)
  expect(probes).toEqual([])
})

test('R4 F3 a database of a service goes on once its connections were lost, and its transactions leave nothing', async () => {
  const db = openDatabase<any>(proxy.url, { poolSize: 4, applicationName: 'test', onIdleError: () => undefined })
  open.push({ end: () => db.destroy() })
  const insert = (name: string) =>
    db.insertInto('users').values({ name, phone: '0812', phone_e164: '+62812' }).execute()
  await insert('before')
  const failing = db.transaction().execute(async (tx) => {
    await tx.insertInto('users').values({ name: 'lost', phone: '0812', phone_e164: '+62812' }).execute()
    proxy.lose()
    await tx.selectFrom('users').selectAll().execute()
  })
  await expect(failing).rejects.toSatisfy(isDatabaseAway)
  await insert('after')
  await vi.waitFor(
    async () =>
      expect((await db.selectFrom('users').select('name').orderBy('id').execute()).map(({ name }) => name)).toEqual([
        'before',
        'after',
      ]),
    { timeout: 30_000 },
  )
})
