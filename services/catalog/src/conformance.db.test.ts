import { readFileSync } from 'node:fs'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildApp } from './app.ts'
import { readCatalogConfig } from './config.ts'
import type { CatalogTables } from './database.ts'
import { createKeptAnswers } from './items/kept-answers.ts'

type Recorded = {
  request: {
    method: 'GET' | 'HEAD' | 'SEARCH'
    url: string
    body: object | null
    auth: 'admin' | 'invalid-token' | null
    headers?: Record<string, string>
  }
  response: { status: number; headers: Record<string, string>; body: any }
}

const read = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
const recordings = read('recorded-reads.jsonl')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded)

const token = 'a-token-of-32-characters-or-more'
const db = await testDatabase<CatalogTables>('catalog')
const config = readCatalogConfig(testEnvironment({ CATALOG_DATABASE_URL: 'postgres://unused', SERVICE_TOKEN: token }))
const app = await buildApp({ config, db, kept: createKeptAnswers(1024 * 1024), logger: silentLogger() })
afterAll(() => app.close())

beforeAll(async () => {
  await sql`
    insert into products (id, name, description, price, stock, status, image, created_at, fields_version)
    select id, name, description, price, stock, status, image, created_at, 1
    from jsonb_populate_recordset(null::products, ${read('products.json')}::jsonb)
  `.execute(db)
})

// What a real Directus answered over just these products. It showed every status to everybody, so all is asked as staff.
async function ask({ method, url, body, auth, headers }: Recorded['request']) {
  const authorization = auth === 'invalid-token' ? 'Bearer invalid-token' : `Bearer ${token}`
  return app.inject({
    // Its types know only the most common methods.
    method: method as 'GET',
    url,
    headers: { authorization, ...headers },
    ...(body !== null && { payload: body }),
  })
}

test('every recording is replayed', () => {
  expect(recordings).toHaveLength(119)
})

describe('as a real Directus', () => {
  test.each(recordings.map((recorded, index) => ({ ...recorded, number: index + 1 })))(
    'recording $number: $request.method $request.url',
    async ({ request, response }) => {
      const answer = await ask(request)
      expect(answer.statusCode).toBe(response.status)
      expect(answer.headers).toMatchObject(response.headers)
      if (response.body === null) expect(answer.body).toBe('')
      else if (typeof response.body === 'string') expect(answer.body).toBe(response.body)
      else expectSame(inOneOrder(request.url, answer.json()), inOneOrder(request.url, response.body))
    },
  )
})

/**
 * Directus leaves it to chance which of two products that are alike in what they are sorted by comes first (recording 27 has 2 before 1).
 * Ours come in the order of their ids.
 */
function inOneOrder(url: string, body: any): any {
  const field = /[?&]sort=-?(\w+)&/.exec(url)?.[1]
  if (field === undefined || !Array.isArray(body.data)) return body
  const first = (row: any) => body.data.findIndex((other: any) => other[field] === row[field])
  return { ...body, data: body.data.toSorted((a: any, b: any) => first(a) - first(b) || a.id - b.id) }
}

function expectSame(answer: any, recorded: any): void {
  if (recorded.errors === undefined) {
    expect(Object.keys(answer)).toEqual(Object.keys(recorded))
    expect(answer).toMatchObject(recorded)
    return
  }
  // Messages may be worded otherwise.
  const codes = ({ errors }: any) => errors.map(({ message, extensions }: any) => [typeof message, extensions.code])
  expect(codes(answer)).toEqual(codes(recorded))
}
