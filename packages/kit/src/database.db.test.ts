import { cloneDatabase, testDatabase } from '@kakilima/testkit/database-per-file'
import { untilBlocked } from '@kakilima/testkit/until-blocked'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createDatabase, databaseName, isDatabaseAway, openDatabase, sqlState } from './database.ts'
import { inTransaction } from './transaction.ts'

type Tables = { counters: { id: number; count: number } }

const url = await cloneDatabase('user')
const db = await testDatabase<Tables>('user')
await sql`create table counters (id bigint primary key, count bigint not null)`.execute(db)

const ignoreIdleErrors = () => undefined
const open = (address: string, readOnly = false) =>
  openDatabase<any>(address, { poolSize: 1, applicationName: 'test', onIdleError: ignoreIdleErrors, readOnly })

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}

test('numbers and times come back ready for the wire', async () => {
  const { rows } = await sql`
    select 9007199254740991::int8 as largest, -5::int8 as negative,
      '2026-11-22 15:00:00.123456+07'::timestamptz as exact, '2026-11-22 08:00:00+00'::timestamptz as whole,
      '2026-11-22 08:00:00.5+00'::timestamptz as half, null::timestamptz as never`.execute(db)
  expect(rows).toEqual([
    {
      largest: 9007199254740991,
      negative: -5,
      exact: '2026-11-22T08:00:00.123Z',
      whole: '2026-11-22T08:00:00.000Z',
      half: '2026-11-22T08:00:00.500Z',
      never: null,
    },
  ])
})

test('a number that JavaScript cannot hold exactly is a fault, never a rounded number', async () => {
  await expect(sql`select 9007199254740993::int8`.execute(db)).rejects.toThrow('cannot hold exactly')
})

test('who only looks cannot write', async () => {
  const reader = open(url, true)
  try {
    expect((await sql`select count(*) as count from users`.execute(reader)).rows).toEqual([{ count: 0 }])
    const error = await failureOf(
      sql`insert into users (name, phone, phone_e164) values ('a', 'b', 'c')`.execute(reader),
    )
    expect(sqlState(error)).toBe('25006')
  } finally {
    await reader.destroy()
  }
})

test('a database that is away is told from a statement that is wrong', async () => {
  expect(isDatabaseAway(await failureOf(sql`select nonsense`.execute(db)))).toBe(false)
  expect(isDatabaseAway(new Error('Connection terminated unexpectedly'))).toBe(true)
  expect(isDatabaseAway('ECONNREFUSED')).toBe(false)

  const nobody = open('postgres://127.0.0.1:1/nothing')
  expect(isDatabaseAway(await failureOf(sql`select 1`.execute(nobody)))).toBe(true)
  await nobody.destroy()

  const ended = open(url)
  await sql`select 1`.execute(ended)
  const cut = failureOf(sql`select pg_sleep(60)`.execute(ended))
  await expect
    .poll(async () => {
      const name = databaseName(url)
      const { rows } = await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = ${name} and query like '%pg_sleep(60)%'`.execute(db)
      return rows.length
    })
    .toBe(1)
  expect(isDatabaseAway(await cut)).toBe(true)
  await ended.destroy()
})

test('a connection that breaks under a transaction fails the transaction and not the process', async () => {
  const isHeld = Promise.withResolvers<number>()
  const isCut = Promise.withResolvers<void>()
  const work = inTransaction(db, async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
    isHeld.resolve(rows[0]!.pid)
    await isCut.promise
    await sql`select 1`.execute(tx)
  })
  const pid = await isHeld.promise
  await sql`select pg_terminate_backend(${pid}, 5000)`.execute(db)
  isCut.resolve()
  expect(isDatabaseAway(await failureOf(work))).toBe(true)
  expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }])
})

test('a database is created once, also when two ask at the same moment', async () => {
  const address = new URL(url)
  address.pathname = `${address.pathname}_new`
  try {
    await Promise.all([createDatabase(address.href), createDatabase(address.href), createDatabase(address.href)])
    const created = open(address.href)
    expect((await sql`select current_database() as name`.execute(created)).rows).toEqual([
      { name: databaseName(address.href) },
    ])
    await created.destroy()
  } finally {
    await sql`drop database if exists ${sql.id(databaseName(address.href))} with (force)`.execute(db)
  }
})

test('a transaction that the database ends to break a deadlock runs again', async () => {
  await sql`insert into counters values (1, 0), (2, 0)`.execute(db)
  const bothHold = Promise.withResolvers<void>()
  let holding = 0
  let attempts = 0
  const add = (first: number, second: number) =>
    inTransaction(db, async (tx) => {
      attempts++
      // One of the two looks for deadlocks soon, so that not both are ended.
      if (first === 1) await sql`set local deadlock_timeout = '20ms'`.execute(tx)
      await sql`update counters set count = count + 1 where id = ${first}`.execute(tx)
      if (++holding === 2) bothHold.resolve()
      await bothHold.promise
      await sql`update counters set count = count + 1 where id = ${second}`.execute(tx)
    })
  await Promise.all([add(1, 2), add(2, 1)])
  expect(attempts).toBeGreaterThanOrEqual(3)
  expect((await sql`select count from counters order by id`.execute(db)).rows).toEqual([{ count: 2 }, { count: 2 }])
})

test('a transaction inside a transaction is the same one, and a failure undoes all of it', async () => {
  await sql`insert into counters values (10, 0)`.execute(db)
  const work = inTransaction(db, async (tx) => {
    await inTransaction(tx, (inner) => sql`update counters set count = 5 where id = 10`.execute(inner))
    throw new Error('after all')
  })
  await expect(work).rejects.toThrow('after all')
  expect((await sql`select count from counters where id = 10`.execute(db)).rows).toEqual([{ count: 0 }])
})

test('a lock that somebody holds on to counts as a database that is away, for those who will not wait for it', async () => {
  const options = { poolSize: 1, applicationName: 'test', onIdleError: ignoreIdleErrors }
  const [holder, waiter] = [openDatabase<any>(url, options), openDatabase<any>(url, { ...options, lockTimeoutMs: 20 })]
  const holding = await holder.startTransaction().execute()
  await sql`lock table users in exclusive mode`.execute(holding)
  expect(isDatabaseAway(await failureOf(sql`delete from users`.execute(waiter)))).toBe(true)
  await holding.rollback().execute()
  await sql`delete from users`.execute(waiter)
  await Promise.all([holder.destroy(), waiter.destroy()])
})

test('a lock that is waited for is seen by those who test for it', async () => {
  await sql`insert into counters values (20, 0)`.execute(db)
  const holder = await db.startTransaction().execute()
  await sql`update counters set count = count + 1 where id = 20`.execute(holder)
  const waiter = sql`update counters set count = count + 1 where id = 20`.execute(db)
  await untilBlocked(db)
  await holder.commit().execute()
  await waiter
  expect((await sql`select count from counters where id = 20`.execute(db)).rows).toEqual([{ count: 2 }])
})
