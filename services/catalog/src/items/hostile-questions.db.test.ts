import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { listen } from '@kakilima/kit/server'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { rawRequest } from '@kakilima/testkit/raw-request'
import fc from 'fast-check'
import { sql } from 'kysely'
import { stringify } from 'qs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { readCatalogConfig } from '../config.ts'
import type { CatalogTables } from '../database.ts'
import { fieldTypes, isItemField, itemFields } from './item.ts'
import { createKeptAnswers } from './kept-answers.ts'

const db = await testDatabase<CatalogTables>('catalog')
const config = readCatalogConfig(testEnvironment({ CATALOG_DATABASE_URL: 'postgres://unused' }))
const app = await buildApp({ config, db, kept: createKeptAnswers(1024 * 1024), logger: silentLogger() })
const port = await listen(app, config)
afterAll(() => app.close())

beforeAll(async () => {
  await sql`
    insert into products (id, name, description, price, stock, category, sku, image, status, weight_grams, fields_version)
    select id, 'O''Neill Kopi % _ \ ' || id, nullif('Manis ' || id % 3, 'Manis 0'), id * 1000, id % 7, 'Minuman', 'K-' || id,
      case when id % 3 = 0 then 'http://shop.example/' || id end, (array['published', 'draft', 'archived'])[1 + id % 3], id, 1
    from generate_series(1, 60) as id`.execute(db)
})

type Question = { method: 'GET' | 'SEARCH'; url: string; payload?: object | string; headers?: Record<string, string> }
const ask = ({ method, ...rest }: Question) => app.inject({ method: method as 'GET', ...rest })

/** The answer, once it is sure that it is none of a failure of ours and shows nothing that the public may not see. */
async function expectHarmless(question: Question): Promise<number> {
  const answer = await ask(question)
  expect([200, 400, 403], `${JSON.stringify(question)}: ${answer.body}`).toContain(answer.statusCode)
  const { data, errors } = answer.json<{ data?: unknown; errors?: { message: string }[] }>()
  // What the database would refuse is told to be so, if it gets that far.
  expect(errors?.[0]?.message, JSON.stringify(question)).not.toBe('A value cannot be stored')
  for (const item of Array.isArray(data) ? data : [data ?? {}]) {
    const { status, id } = item as { status?: unknown; id?: unknown }
    expect([undefined, 'published']).toContain(status)
    if (typeof id === 'number') expect(id % 3, JSON.stringify(question)).toBe(0)
  }
  return answer.statusCode
}

const injections = [
  "'",
  "' or 1=1 --",
  "'; drop table products; --",
  "x' union select null, version() --",
  '" or ""="',
  '$1',
  '?',
  '\\',
  "\\'",
  '%',
  '%%%%',
  '_',
  '{}',
  '(select pg_sleep(10))',
  'pg_sleep(10)',
  'price; select 1',
  'price desc',
  'price::text',
  'count(*)',
  'products.price',
  '*',
  '-',
  '--',
  '/*',
  '\0',
  '\u2028',
  '\ud800',
  '😀',
  'İ',
  'ß',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'NaN',
  'Infinity',
  '-0',
  '1e400',
  '9007199254740993',
  '2026-02-30',
  '0000-00-00',
  '$NOW',
  '$CURRENT_USER',
  'true',
  'null',
  '',
]
/** Mostly what makes sense, and now and then what does not. */
const mostly = <T, U>(sensible: fc.Arbitrary<T>, odd: fc.Arbitrary<U>) =>
  fc.oneof({ weight: 40, arbitrary: sensible }, { weight: 1, arbitrary: odd })

const oddText = fc.oneof(
  fc.constantFrom(...injections),
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const number = fc.oneof(fc.integer({ min: -5, max: 70_000 }), fc.integer(), fc.double(), fc.maxSafeInteger())
const time = fc
  .date({ noInvalidDate: true, min: new Date('0001-01-02'), max: new Date('9999-12-30') })
  .map((date) => date.toISOString())
const odd = fc.oneof(
  oddText,
  number,
  fc.boolean(),
  fc.constant(null),
  fc.array(oddText, { maxLength: 3 }),
  fc.dictionary(oddText, oddText, { maxKeys: 3 }),
)

const plainText = fc.oneof(
  fc.constantFrom(...injections.filter((one) => one !== '' && !one.includes('\0'))),
  fc.string({ minLength: 1, maxLength: 9 }),
)
const values = {
  integer: fc.oneof(
    fc.integer({ min: -5, max: 70_000 }),
    fc.integer({ min: 1, max: 60 }).map(String),
    fc.maxSafeInteger(),
  ),
  text: plainText,
  timestamp: time,
  json: plainText,
}
const comparing = ['eq', 'neq', 'lt', 'lte', 'gt', 'gte']
const listing = ['in', 'nin', 'between', 'nbetween']
const looking = ['contains', 'icontains', 'ncontains', 'starts_with', 'ends_with', 'istarts_with', 'niends_with']
const flags = ['null', 'nnull', 'empty', 'nempty', 'not', 'nope']
const field = mostly(fc.constantFrom<string>(...itemFields), oddText)

/** Operators and values that fit the field, as a rule. */
function testOf(name: string): fc.Arbitrary<unknown> {
  const type = isItemField(name) ? fieldTypes[name] : 'text'
  const word = (words: string[]) => fc.constantFrom(...words.map((one) => `_${one}`))
  const entry = fc.oneof(
    fc.tuple(word(type === 'text' ? [...comparing, ...looking] : comparing), mostly(values[type], odd)),
    fc.tuple(word(listing), mostly(fc.array(values[type], { minLength: 1, maxLength: 4 }), odd)),
    fc.tuple(word(flags.slice(0, 2)), mostly(fc.boolean(), odd)),
    fc.tuple(mostly(word(comparing), fc.oneof(word(looking), word(flags), oddText)), mostly(values[type], odd)),
  )
  return mostly(fc.oneof(fc.array(entry, { minLength: 1, maxLength: 2 }).map(Object.fromEntries), values[type]), odd)
}
const condition = field.chain((name) => testOf(name).map((asked) => ({ [name]: asked })))
const { filter } = fc.letrec<{ filter: object; group: object }>((tie) => ({
  filter: fc.oneof({ maxDepth: 12 }, condition, condition, tie('group')),
  group: fc
    .tuple(fc.constantFrom('_and', '_or'), fc.array(tie('filter'), { maxLength: 3 }))
    .map(([word, filters]) => ({ [word]: filters })),
}))
const fields = fc.array(field, { maxLength: 3 })
const names = mostly(
  fc.oneof(
    fields,
    fields.map((list) => list.join(',')),
    fields.map((list) => list.map((name) => `-${name}`)),
  ),
  odd,
)
const operations = [
  'count',
  'countAll',
  'countDistinct',
  'sum',
  'sumDistinct',
  'avg',
  'avgDistinct',
  'min',
  'max',
  'nope',
]
const parameters = fc.oneof(
  fc.record(
    {
      filter: mostly(filter, odd),
      fields: names,
      sort: names,
      search: oddText,
      limit: mostly(fc.integer({ min: -1, max: 30 }), odd),
      offset: mostly(fc.integer({ min: 0, max: 30 }), odd),
      page: mostly(fc.integer({ min: 0, max: 5 }), odd),
      meta: mostly(fc.constantFrom('*', 'total_count', 'filter_count'), odd),
    },
    { requiredKeys: ['filter'] },
  ),
  fc.record(
    {
      aggregate: mostly(
        fc.dictionary(fc.constantFrom(...operations), mostly(fc.constantFrom('*', 'id', 'price', 'stock,id'), names), {
          maxKeys: 3,
        }),
        odd,
      ),
      groupBy: names,
      filter,
      sort: mostly(fc.constantFrom('count', '-count', 'status'), names),
    },
    { requiredKeys: ['aggregate'] },
  ),
)

/** The same question by nested keys, with JSON in the address, as a body, or about one product. */
const question = fc
  .tuple(parameters, fc.constantFrom('keys', 'json', 'body', 'one'), fc.nat(70))
  .map(([given, way, id]): Question => {
    if (way === 'body') return { method: 'SEARCH', url: '/items/products', payload: { query: given } }
    const asJson: Record<string, unknown> = { ...given }
    for (const name of ['filter', 'aggregate']) if (name in asJson) asJson[name] = JSON.stringify(asJson[name])
    const query = stringify(way === 'keys' ? given : asJson, { arrayFormat: way === 'keys' ? 'indices' : 'brackets' })
    return { method: 'GET', url: `/items/products${way === 'one' ? `/${id}` : ''}?${query}` }
  })

/** Bytes that are held right now, without those that nobody needs any more. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test('10,000 generated questions: never a failure of ours, never an error of the database, nothing shown that is not public', async () => {
  const before = heldBytes()
  const seen: Record<number, number> = {}
  await fc.assert(
    fc.asyncProperty(fc.array(question, { minLength: 50, maxLength: 50 }), async (questions) => {
      const statuses = await Promise.all(questions.map(expectHarmless))
      for (const status of statuses) seen[status] = (seen[status] ?? 0) + 1
    }),
    { numRuns: 200, seed: 20_261_122, endOnFailure: true },
  )
  // Many of them were understood, or this would show nothing.
  expect(seen[200]).toBeGreaterThan(2000)
  expect(heldBytes() - before).toBeLessThan(50 * 1024 * 1024)
  expect(await db.selectFrom('products').select('id').execute()).toHaveLength(60)
})

describe('an injection changes nothing', () => {
  const places = (text: string) => {
    const one = encodeURIComponent(text)
    return [
      `/items/products?filter[name][_eq]=${one}`,
      `/items/products?filter[${one}][_eq]=1`,
      `/items/products?filter[name][${one}]=1`,
      `/items/products?filter[id][_in]=${one}`,
      `/items/products?filter[${one}]=1`,
      `/items/products?filter=${one}`,
      `/items/products?sort=${one}`,
      `/items/products?fields=${one}`,
      `/items/products?search=${one}`,
      `/items/products?limit=${one}`,
      `/items/products?offset=${one}`,
      `/items/products?page=${one}`,
      `/items/products?meta=${one}`,
      `/items/products?groupBy=${one}`,
      `/items/products?aggregate[count]=${one}`,
      `/items/products?aggregate[${one}]=id`,
      `/items/products?aggregate[count]=*&groupBy=status&sort=${one}`,
      `/items/products?${one}=1`,
      `/items/products/1?fields=${one}`,
    ]
  }

  // A lone half of a pair cannot be written in an address.
  test.each(injections.filter((text) => text.isWellFormed()))('with %j, wherever it stands', async (text) => {
    await Promise.all(places(text).map((url) => expectHarmless({ method: 'GET', url })))
    const answer = await ask({ method: 'GET', url: `/items/products/${encodeURIComponent(text)}` })
    expect([200, 400, 403, 404]).toContain(answer.statusCode)
    expect(await db.selectFrom('products').select('id').execute()).toHaveLength(60)
  })
})

describe('what is deep or huge', () => {
  const deepJson = (levels: number) => `${'{"_and":['.repeat(levels)}{}${']}'.repeat(levels)}`
  test.each([
    ['a deep filter as JSON', { method: 'GET', url: `/items/products?filter=${encodeURIComponent(deepJson(1000))}` }],
    ['a deep array as a filter', { method: 'GET', url: `/items/products?filter=${'['.repeat(50_000)}` }],
    ['a deep array that ends', { method: 'GET', url: `/items/products?filter=${'['.repeat(5000)}${']'.repeat(5000)}` }],
    ['deep keys', { method: 'GET', url: `/items/products?filter${'[_and][0]'.repeat(5000)}=1` }],
    [
      'a deep body',
      {
        method: 'SEARCH',
        url: '/items/products',
        headers: { 'content-type': 'application/json' },
        payload: `{"query":{"filter":${deepJson(4000)}}}`,
      },
    ],
    ['many parameters', { method: 'GET', url: `/items/products?${'a[]=1&'.repeat(20_000)}` }],
    ['an array with gaps', { method: 'GET', url: `/items/products?filter[id][_in][4294967294]=1` }],
    ['a long list', { method: 'GET', url: `/items/products?filter[id][_in]=${'1,'.repeat(20_000)}` }],
    ['a long search', { method: 'GET', url: `/items/products?search=${'x'.repeat(50_000)}` }],
    ['a long pattern', { method: 'GET', url: `/items/products?filter[name][_contains]=${'%25a'.repeat(5000)}` }],
    ['many conditions', { method: 'GET', url: `/items/products?filter={"_or":[${'{"id":1},'.repeat(5000)}{}]}` }],
    ['many names', { method: 'GET', url: `/items/products?fields=${'id,'.repeat(20_000)}` }],
    ['many names to sort by', { method: 'GET', url: `/items/products?sort=${'id,'.repeat(20_000)}` }],
  ] as [string, Question][])('is refused: %s', async (_, asked) => {
    const before = heldBytes()
    for (let round = 0; round < 20; round++) expect([400, 403]).toContain((await ask(asked)).statusCode)
    expect(heldBytes() - before).toBeLessThan(50 * 1024 * 1024)
  })

  test('an address that is longer than a server reads is refused', async () => {
    const url = `http://127.0.0.1:${port}/items/products?filter=${'x'.repeat(100_000)}`
    expect((await rawRequest(url, { method: 'GET' })).status).toBe(431)
  })

  test('a pattern of nothing but wildcards is answered in time', async () => {
    const url = `/items/products?filter[description][_contains]=${'%25_'.repeat(60)}x`
    expect(await expectHarmless({ method: 'GET', url })).toBe(200)
  })
})
