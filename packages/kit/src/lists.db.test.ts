import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import { page } from './lists.ts'

type Tables = { users: { id: number; name: string } }

const db = await testDatabase<Tables>('user', 2)
const all = () => db.selectFrom('users').select('id')
const from = (first: number, length: number) => Array.from({ length }, (_, index) => ({ id: first + index }))

beforeAll(async () => {
  await sql`
    insert into users (name, phone, phone_e164)
    select 'Customer ' || n, '0812', '+62812' from generate_series(1, 2003) n`.execute(db)
})

test('without parameters a list holds the newest thousand rows in ascending id', async () => {
  expect(await page(all(), 'id', {})).toEqual({ rows: from(1004, 1000), hasMore: false })
})

test('with a limit or a place to go on from, pages run from the oldest to the newest', async () => {
  expect(await page(all(), 'id', { limit: 2 })).toEqual({ rows: from(1, 2), hasMore: true })
  expect(await page(all(), 'id', { limit: 2, after: 2 })).toEqual({ rows: from(3, 2), hasMore: true })
  expect(await page(all(), 'id', { after: 1000 })).toEqual({ rows: from(1001, 1000), hasMore: true })
  expect(await page(all(), 'id', { after: 2000 })).toEqual({ rows: from(2001, 3), hasMore: false })
})

test('the last page knows that it is the last, also when it is full', async () => {
  expect(await page(all(), 'id', { limit: 3, after: 2000 })).toEqual({ rows: from(2001, 3), hasMore: false })
  expect(await page(all(), 'id', { limit: 3, after: 1999 })).toEqual({ rows: from(2000, 3), hasMore: true })
  expect(await page(all(), 'id', { limit: 3, after: 2003 })).toEqual({ rows: [], hasMore: false })
})

test('pages keep what the query asks for', async () => {
  const odd = all().where(sql<boolean>`id % 2 = 1`)
  expect(await page(odd, 'id', { limit: 2, after: 5 })).toEqual({ rows: [{ id: 7 }, { id: 9 }], hasMore: true })
})
