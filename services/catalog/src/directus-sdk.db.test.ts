import {
  aggregate,
  createDirectus,
  readItem,
  readItems,
  rest,
  serverHealth,
  serverInfo,
  serverPing,
  staticToken,
  withSearch,
} from '@directus/sdk'
import { listen } from '@kakilima/kit/server'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { buildApp } from './app.ts'
import { readCatalogConfig } from './config.ts'
import type { CatalogTables } from './database.ts'
import { createKeptAnswers } from './items/kept-answers.ts'

type Product = { id: number; name: string; price: number; stock: number; category: string; status: string }
type Schema = { products: Product[] }

const db = await testDatabase<CatalogTables>('catalog')
await sql`
  insert into products (id, name, price, stock, category, status, fields_version)
  select id, (array['Kopi', 'Teh', 'Klepon'])[1 + id % 3] || ' ' || id, id * 1000, id % 4, (array['Minuman', 'Kue'])[1 + id % 2],
    case when id % 5 = 0 then 'draft' else 'published' end, 1
  from generate_series(1, 20) as id`.execute(db)

const token = 'a-token-of-32-characters-or-more'
const config = readCatalogConfig(testEnvironment({ CATALOG_DATABASE_URL: 'postgres://unused', SERVICE_TOKEN: token }))
const app = await buildApp({ config, db, kept: createKeptAnswers(1024 * 1024), logger: silentLogger() })
const url = `http://127.0.0.1:${await listen(app, config)}`
afterAll(() => app.close())

// What a shop written for a Directus does, and what one does that signs in as staff.
const shop = createDirectus<Schema>(url).with(rest())
const staff = createDirectus<Schema>(url).with(staticToken(token)).with(rest())

test('items by fields, filter, sort and limit', async () => {
  const items = await shop.request(
    readItems('products', {
      fields: ['id', 'name'],
      filter: { _and: [{ price: { _gte: 3000 } }, { stock: { _gt: 0 } }, { category: { _in: ['Kue'] } }] },
      sort: ['-price', 'id'],
      limit: 3,
    }),
  )
  expect(items).toEqual([
    { id: 19, name: 'Teh 19' },
    { id: 17, name: 'Klepon 17' },
    { id: 13, name: 'Teh 13' },
  ])
})

test('pages, and all of them', async () => {
  const page = (number: number) => shop.request(readItems('products', { fields: ['id'], limit: 5, page: number }))
  const ids = (await Promise.all([1, 2, 3, 4].map(page))).flat().map(({ id }) => id)
  expect(ids).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18, 19])
  expect(await shop.request(readItems('products', { fields: ['id'], limit: -1 }))).toHaveLength(16)
})

test('what is looked for, also with the method SEARCH', async () => {
  expect(await shop.request(readItems('products', { search: 'teh 7', fields: ['id', 'name'] }))).toEqual([
    { id: 7, name: 'Teh 7' },
  ])
  expect(await shop.request(withSearch(readItems('products', { search: 'teh', fields: ['name'], limit: 2 })))).toEqual([
    { name: 'Teh 1' },
    { name: 'Teh 4' },
  ])
  // It names no field then, and gets bare ids.
  expect(await shop.request(withSearch(readItems('products', { search: 'teh 7' })))).toEqual([{ id: 7 }])
})

test('counts and sums, over all and in groups', async () => {
  expect(await shop.request(aggregate('products', { aggregate: { count: '*' } }))).toEqual([{ count: '16' }])
  expect(await staff.request(aggregate('products', { aggregate: { count: '*' } }))).toEqual([{ count: '20' }])
  expect(
    await shop.request(
      aggregate('products', {
        aggregate: { max: ['price'], sum: ['stock'] },
        groupBy: ['category'],
        query: { filter: { price: { _lte: 6000 } } },
      }),
    ),
  ).toEqual([
    { category: 'Kue', max: { price: 3000 }, sum: { stock: '4' } },
    { category: 'Minuman', max: { price: 6000 }, sum: { stock: '4' } },
  ])
})

test('how many there are', async () => {
  // It gives back the data alone, so the answer is looked at on the way.
  let meta: unknown
  const lookAt = async (input: Request | string | URL, options?: RequestInit) => {
    const answer = await fetch(input, options)
    meta = ((await answer.clone().json()) as { meta: unknown }).meta
    return answer
  }
  const counting = createDirectus<Schema>(url, { globals: { fetch: lookAt } }).with(rest())
  const asked = { fields: ['id' as const], limit: 1, search: 'kopi', meta: '*' }
  expect(await counting.request(readItems('products', asked))).toEqual([{ id: 3 }])
  expect(meta).toEqual({ total_count: 16, filter_count: 5 })
})

test('one item, for those who may see it', async () => {
  expect(await shop.request(readItem('products', 7, { fields: ['id', 'name', 'price'] }))).toEqual({
    id: 7,
    name: 'Teh 7',
    price: 7000,
  })
  expect(await staff.request(readItem('products', 5))).toMatchObject({ id: 5, status: 'draft' })
  const refused = { errors: [{ message: expect.any(String), extensions: { code: 'FORBIDDEN' } }] }
  await expect(shop.request(readItem('products', 5))).rejects.toMatchObject(refused)
})

test('failures that it understands', async () => {
  const errorOf = (code: string) => ({ errors: [{ message: expect.any(String), extensions: { code } }] })
  await expect(shop.request(readItems('products', { fields: ['nope' as 'id'] }))).rejects.toMatchObject(
    errorOf('FORBIDDEN'),
  )
  const wrong = { price: { _eq: 'abc' as unknown as number } }
  await expect(shop.request(readItems('products', { filter: wrong }))).rejects.toMatchObject(errorOf('INVALID_QUERY'))
  const stranger = createDirectus<Schema>(url).with(staticToken('wrong')).with(rest())
  await expect(stranger.request(readItems('products'))).rejects.toMatchObject(errorOf('INVALID_CREDENTIALS'))
})

test('the server itself', async () => {
  expect(await shop.request(serverPing())).toBe('pong')
  expect(await shop.request(serverInfo())).toMatchObject({ project: { project_name: 'Kakilima' } })
  expect(await staff.request(serverHealth())).toEqual({ status: 'ok' })
})
