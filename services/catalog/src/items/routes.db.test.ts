import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { openDatabase } from '@kakilima/kit/database'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { cloneDatabase, openTestDatabase } from '@kakilima/testkit/database-per-file'
import { holdLock } from '@kakilima/testkit/hold-lock'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { readCatalogConfig } from '../config.ts'
import type { CatalogTables } from '../database.ts'
import { createKeptAnswers } from './kept-answers.ts'

const serviceToken = 'a-token-of-32-characters-or-more'
const databaseUrl = await cloneDatabase('catalog')
const db = await openTestDatabase<CatalogTables>(databaseUrl)
const kept = createKeptAnswers(1024 * 1024)

// The gateway, as far as this service asks it: whose the token of a session is.
const sessions: Record<string, string> = {
  'a.staff.token': 'staff',
  'an.admin.token': 'admin',
  'a.viewer.token': 'viewer',
  'a.customer.token': 'customer',
}
let questions = 0
let isGatewayAway = false
const gateway = createServer((request, response) => {
  questions++
  const role = sessions[request.headers.authorization?.slice('Bearer '.length) ?? '']
  response.statusCode = isGatewayAway ? 503 : role === undefined ? 401 : 200
  response.end(JSON.stringify({ id: 7, name: 'Sari', email: null, phone: null, role }))
})

async function buildTestApp(env: Record<string, string> = {}, database: Kysely<CatalogTables> = db) {
  const { port } = gateway.address() as AddressInfo
  const config = readCatalogConfig(
    testEnvironment({
      CATALOG_DATABASE_URL: 'postgres://unused',
      GATEWAY_URL: `http://127.0.0.1:${port}`,
      SERVICE_TOKEN: serviceToken,
      ALLOWED_HOSTS: 'shop.example',
      ...env,
    }),
  )
  return buildApp({ config, db: database, kept, logger: silentLogger() })
}

await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
const app = await buildTestApp()
afterAll(async () => {
  await app.close()
  gateway.close()
})

beforeAll(async () => {
  await sql`
    insert into products (id, name, description, price, stock, category, category_slug, slug, sku, image, images, status, weight_grams, created_at, fields_version)
    values
      (1, 'Kopi susu', 'Manis', 18000, 5, 'Minuman', 'minuman', 'kopi-susu', 'K-1', 'http://shop.example/1.webp', '[{"id": 1}]', 'published', 250, '2026-01-01', 1),
      (2, 'Kopi hitam', 'Pahit', 12000, 0, 'Minuman', 'minuman', 'kopi-hitam', 'K-2', null, '[]', 'published', null, '2026-01-02', 1),
      (3, 'Klepon', '', 12000, 9, 'Kue', 'kue', 'klepon', null, null, '[]', 'published', 40, '2026-01-03', 1),
      (4, 'Rahasia', 'Kopi', 99000, 7, 'Kue', 'kue', 'rahasia', 'R-4', null, '[]', 'draft', null, '2026-01-04', 1),
      (5, 'Dulu', 'Kopi', 1000, 7, null, null, 'dulu', null, null, '[]', 'archived', null, '2026-01-05', 1)`.execute(db)
  // Deleted, and one whose stock was heard of before the product itself.
  await sql`
    insert into products (id, name, status, fields_version, is_deleted)
    values (6, 'Hilang', 'published', 1, true), (7, 'Belum', 'published', 0, false)`.execute(db)
})

beforeEach(() => {
  kept.drop()
  questions = 0
})

type Question = { method?: string; url?: string; headers?: Record<string, string>; payload?: object | string | Buffer }
const ask = ({ method = 'GET', url = '/items/products', ...rest }: Question = {}) =>
  // Its types know only the most common methods.
  app.inject({ method: method as 'GET', url, ...rest })
const as = (token: string) => ({ authorization: `Bearer ${token}` })
const idsOf = (answer: { json: () => any }) => answer.json().data.map(({ id }: { id: number }) => id)

function expectProblem(answer: Awaited<ReturnType<typeof ask>>, status: number, code: string): void {
  expect([answer.statusCode, answer.json().errors?.[0]?.extensions.code]).toEqual([status, code])
  expect(answer.json()).toEqual({ errors: [{ message: expect.any(String), extensions: expect.any(Object) }] })
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
  expect(answer.headers['x-request-id']).toBeTruthy()
}

test('a product is shown with every field, and as its stock what can be sold', async () => {
  const answer = await ask({ url: '/items/products/1' })
  expect(answer.json()).toEqual({
    data: {
      id: 1,
      name: 'Kopi susu',
      description: 'Manis',
      price: 18_000,
      stock: 5,
      category: 'Minuman',
      category_slug: 'minuman',
      slug: 'kopi-susu',
      sku: 'K-1',
      image: 'http://shop.example/1.webp',
      images: [{ id: 1 }],
      status: 'published',
      weight_grams: 250,
      version: 1,
      created_at: '2026-01-01T00:00:00.000Z',
      updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    },
  })
})

describe('the public', () => {
  test.each([
    ['?fields=id', [1, 2, 3]],
    ['?fields=id&limit=-1', [1, 2, 3]],
    ['?fields=id&sort=-id', [3, 2, 1]],
    ['?fields=id&sort=price', [2, 3, 1]],
    ['?fields=id&sort=-price', [1, 2, 3]],
    ['?fields=id&filter[status][_eq]=draft', []],
    ['?fields=id&filter[status][_neq]=published', []],
    ['?fields=id&filter[status][_in]=draft,archived,published', [1, 2, 3]],
    ['?fields=id&filter[_or][0][status][_eq]=draft&filter[_or][1][status][_eq]=published', [1, 2, 3]],
    ['?fields=id&filter={"_or":[{"id":{"_gt":0}},{"status":"draft"}]}', [1, 2, 3]],
    ['?fields=id&filter[id][_in]=1,4,5,6,7', [1]],
    ['?fields=id&search=kopi', [1, 2]],
    ['?fields=id&search=rahasia', []],
    ['?fields=id&search=99000', []],
    ['?fields=id&search=12000', [2, 3]],
    ['?fields=id&search=draft', []],
    ['?fields=id&offset=2', [3]],
  ])('finds with %s only what is published: %j', async (query, ids) => {
    expect(idsOf(await ask({ url: `/items/products${query}` }))).toEqual(ids)
  })

  test.each([
    '4',
    '5',
    '6',
    '7',
    '99',
    '0',
    '-1',
    'abc',
    '1.5',
    '9'.repeat(30),
    'x'.repeat(150),
    '1?filter[id][_eq]=2',
  ])('is told of /items/products/%s what it is told of every product that is not there', async (id) => {
    expectProblem(await ask({ url: `/items/products/${id}` }), 403, 'FORBIDDEN')
  })

  test.each([
    ['aggregate[count]=*', [{ count: '3' }]],
    ['aggregate[countAll]=*', [{ countAll: '3' }]],
    ['aggregate[max]=price&aggregate[sum]=stock', [{ max: { price: 18_000 }, sum: { stock: '14' } }]],
    ['aggregate[count]=*&groupBy=status', [{ status: 'published', count: '3' }]],
    ['groupBy=status', [{ status: 'published' }]],
    ['aggregate[count]=*&filter[status][_eq]=draft', [{ count: '0' }]],
    ['aggregate[nope]=id', [{}, {}, {}]],
  ])('counts with %s only what is published', async (query, data) => {
    expect((await ask({ url: `/items/products?${query}` })).json()).toEqual({ data })
  })

  test('is told how many there are of what is published', async () => {
    const { meta } = (await ask({ url: '/items/products?meta=*&search=susu' })).json()
    expect(meta).toEqual({ total_count: 3, filter_count: 1 })
    const draft = (await ask({ url: '/items/products?meta=*&filter[status]=draft' })).json()
    expect(draft).toEqual({ meta: { total_count: 3, filter_count: 0 }, data: [] })
  })

  test.each([
    ['a customer', as('a.customer.token')],
    ['somebody with another scheme', { authorization: 'Basic Zm9vOmJhcg==' }],
    ['somebody with an empty token', { authorization: 'Bearer ' }],
  ])('is also %s', async (_, headers) => {
    expect(idsOf(await ask({ url: '/items/products?fields=id', headers }))).toEqual([1, 2, 3])
    expectProblem(await ask({ url: '/items/products/4', headers }), 403, 'FORBIDDEN')
  })

  test('reads in production, where other doors need the token of the services', async () => {
    const inProduction = await buildTestApp({
      NODE_ENV: 'production',
      SERVICE_TOKEN: 'Jq8!vT3z@Lw6#Rn1$Xk9%Bp4^Ys7&Dm2',
    })
    const answer = await inProduction.inject('/items/products?fields=id')
    expect([answer.statusCode, idsOf(answer)]).toEqual([200, [1, 2, 3]])
    await inProduction.close()
  })
})

describe('staff', () => {
  test.each(['a.staff.token', 'an.admin.token', 'a.viewer.token', serviceToken])(
    'with the token %s see every status',
    async (token) => {
      const headers = as(token)
      expect(idsOf(await ask({ url: '/items/products?fields=id', headers }))).toEqual([1, 2, 3, 4, 5])
      expect(idsOf(await ask({ url: '/items/products?fields=id&filter[status]=draft', headers }))).toEqual([4])
      expect((await ask({ url: '/items/products/4', headers })).json().data).toMatchObject({ name: 'Rahasia' })
      const count = await ask({ url: '/items/products?aggregate[count]=*', headers })
      expect(count.json()).toEqual({ data: [{ count: '5' }] })
    },
  )

  test('do not see what is deleted or not yet heard of', async () => {
    for (const id of [6, 7])
      expectProblem(await ask({ url: `/items/products/${id}`, headers: as(serviceToken) }), 403, 'FORBIDDEN')
  })

  test('get their answers, and the public its own, whoever asks first', async () => {
    const url = '/items/products?fields=id'
    for (const round of [1, 2]) {
      expect([round, idsOf(await ask({ url, headers: as(serviceToken) }))]).toEqual([round, [1, 2, 3, 4, 5]])
      expect([round, idsOf(await ask({ url }))]).toEqual([round, [1, 2, 3]])
    }
  })

  test('are asked about at the gateway once in a while, not with every read', async () => {
    sessions['another.staff.token'] = 'staff'
    for (let read = 0; read < 5; read++) await ask({ headers: as('another.staff.token') })
    expect(questions).toBe(1)
  })

  test.each(['no-token', 'an.unknown.token', `${serviceToken}x`])('are not those who show %s', async (token) => {
    expectProblem(await ask({ headers: as(token) }), 401, 'INVALID_CREDENTIALS')
    expectProblem(await ask({ url: '/server/health', headers: as(token) }), 401, 'INVALID_CREDENTIALS')
  })

  test('hear that it cannot be told who they are while the gateway is away', async () => {
    isGatewayAway = true
    try {
      const answer = await ask({ headers: as('some.other.token') })
      expectProblem(answer, 503, 'SERVICE_UNAVAILABLE')
      expect(answer.headers['retry-after']).toBe('1')
    } finally {
      isGatewayAway = false
    }
  })
})

describe('operators that no recording has', () => {
  test.each([
    ['filter[sku][_empty]=true', [3, 5]],
    ['filter[sku][_nempty]=true', [1, 2, 4]],
    ['filter[description][_empty]=true', [3]],
    ['filter[price][_nbetween]=10000,20000', [4, 5]],
    ['filter[id][_nin]=1,2', [3, 4, 5]],
    ['filter[id][_nin]=', [1, 2, 3, 4, 5]],
    ['filter[id][_in]=', []],
    ['filter[name][_ncontains]=Kopi', [3, 4, 5]],
    ['filter[name][_nicontains]=kopi', [3, 4, 5]],
    ['filter[name][_istarts_with]=k', [1, 2, 3]],
    ['filter[name][_iends_with]=SUSU', [1]],
    ['filter[name][_nstarts_with]=K', [4, 5]],
    ['filter[name][_contains]=%25', [1, 2, 3, 4, 5]],
    ['filter[name][_contains]=\\%25', []],
    ['filter[name][_ends_with]=\\', []],
    ['filter[weight_grams][_neq]=40', [1]],
    ['filter[weight_grams][_null]=true', [2, 4, 5]],
    ['filter[created_at][_between]=2026-01-02,2026-01-03', [2, 3]],
    ['filter[price][_or][0][_lt]=2000&filter[price][_or][1][_gt]=20000', [4, 5]],
    ['search=%25', []],
    ['search=_', []],
    ['search=\\', []],
    ['search=KOPI', [1, 2, 4, 5]],
    ['search=i&filter[stock][_gt]=0&sort=-stock', [3, 4, 5, 1]],
    ['search=250', [1]],
    ['search=9', [3]],
  ])('%s finds %j', async (query, ids) => {
    expect(idsOf(await ask({ url: `/items/products?fields=id&${query}`, headers: as(serviceToken) }))).toEqual(ids)
  })

  test.each([
    [
      'aggregate[count]=category&aggregate[countDistinct]=category',
      [{ count: { category: '4' }, countDistinct: { category: '2' } }],
    ],
    ['aggregate[avgDistinct]=price&filter[price][_eq]=12000', [{ avgDistinct: { price: '12000.0000000000000000' } }]],
    ['aggregate[min]=name,created_at', [{ min: { name: 'Dulu', created_at: '2026-01-01T00:00:00.000Z' } }]],
    [
      'aggregate[count]=*&groupBy=category&sort=-count',
      [
        { category: 'Kue', count: '2' },
        { category: 'Minuman', count: '2' },
        { category: null, count: '1' },
      ],
    ],
    ['groupBy=category&sort=-category&limit=1&offset=1', [{ category: 'Minuman' }]],
    [
      'aggregate[sumDistinct]=price&groupBy=status,category&filter[id]=3',
      [{ status: 'published', category: 'Kue', sumDistinct: { price: '12000' } }],
    ],
  ])('%s comes to %j', async (query, data) => {
    expect((await ask({ url: `/items/products?${query}`, headers: as(serviceToken) })).json()).toEqual({ data })
  })
})

describe('an answer that did not change', () => {
  test.each([
    ['the public', {}],
    ['staff', as(serviceToken)],
  ])('is not sent again to %s', async (_, headers) => {
    const first = await ask({ headers })
    expect(first.headers['cache-control']).toBe('no-cache')
    const etag = String(first.headers.etag)
    expect(etag).toMatch(/^"[\w-]+"$/)
    for (const method of ['GET', 'HEAD']) {
      const again = await ask({ method, headers: { ...headers, 'if-none-match': etag } })
      expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', etag])
      const other = await ask({ method, headers: { ...headers, 'if-none-match': '"other"' } })
      expect([other.statusCode, other.headers.etag]).toEqual([200, etag])
    }
  })

  test('is sent when it did', async () => {
    const etag = String((await ask()).headers.etag)
    await sql`update products set stock = 4 where id = 1`.execute(db)
    kept.drop()
    const changed = await ask({ headers: { 'if-none-match': etag } })
    expect([changed.statusCode, changed.json().data[0].stock]).toEqual([200, 4])
    await sql`update products set stock = 5 where id = 1`.execute(db)
  })

  test('is kept for the same question in other words', async () => {
    await ask({ url: '/items/products?limit=2&fields=id,name' })
    const bytes = kept.bytes()
    await ask({ url: '/items/products?fields[]=id&fields[]=name&limit=2&utm_source=x' })
    await ask({ method: 'SEARCH', payload: { query: { limit: 2, fields: ['id', 'name'] } } })
    expect(kept.bytes()).toBe(bytes)
    await ask({ url: '/items/products?limit=3&fields=id,name' })
    expect(kept.bytes()).toBeGreaterThan(bytes)
  })
})

describe('writes', () => {
  test.each(['POST', 'PATCH', 'DELETE'])('with %s are refused to everybody, whatever they carry', async (method) => {
    for (const url of ['/items/products', '/items/products/1', '/items/nope', '/items/nope/1']) {
      for (const headers of [{}, as(serviceToken), as('a.staff.token')]) {
        expectProblem(await ask({ method, url, headers, payload: { price: 1 } }), 403, 'FORBIDDEN')
        const broken = { ...headers, 'content-type': 'application/json' }
        expectProblem(await ask({ method, url, headers: broken, payload: '{' }), 403, 'FORBIDDEN')
      }
    }
    expect((await ask({ url: '/items/products/1' })).json().data.price).toBe(18_000)
  })
})

describe('what cannot be answered has the shape of Directus', () => {
  const json = { 'content-type': 'application/json' }
  test.each([
    ['another host', { headers: { host: 'evil.example' } }, 421, 'MISDIRECTED_REQUEST'],
    ['a sandboxed frame', { headers: { origin: 'null' } }, 403, 'FORBIDDEN'],
    ['no route', { url: '/items' }, 404, 'ROUTE_NOT_FOUND'],
    ['no route at all', { url: '/nowhere/else?a=b' }, 404, 'ROUTE_NOT_FOUND'],
    ['another method', { method: 'PUT', url: '/items/products/1', payload: {} }, 404, 'ROUTE_NOT_FOUND'],
    ['an address that is none', { url: '/items/products/%' }, 400, 'INVALID_PAYLOAD'],
    ['a part of an address that is too long', { url: `/items/products/${'x'.repeat(300)}` }, 404, 'ROUTE_NOT_FOUND'],
    ['another collection', { url: '/items/nope' }, 403, 'FORBIDDEN'],
    ['an item of another collection', { url: '/items/nope/1' }, 403, 'FORBIDDEN'],
    ['a search in another collection', { method: 'SEARCH', url: '/items/nope', payload: {} }, 403, 'FORBIDDEN'],
    ['a collection of the system', { url: '/items/directus_users' }, 403, 'FORBIDDEN'],
    ['the health of the server', { url: '/server/health' }, 403, 'FORBIDDEN'],
    ['malformed JSON', { method: 'SEARCH', headers: json, payload: '{"query": ' }, 400, 'INVALID_PAYLOAD'],
    ['a poisoned key', { method: 'SEARCH', headers: json, payload: '{"__proto__": {"x": 1}}' }, 400, 'INVALID_PAYLOAD'],
    ['a body without a type', { method: 'SEARCH', payload: Buffer.from('{}') }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a form',
      { method: 'SEARCH', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'limit=1' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a compressed body',
      {
        method: 'SEARCH',
        headers: { ...json, 'content-encoding': 'gzip' },
        payload: gzipSync(JSON.stringify({ query: { search: 'x'.repeat(10_000_000) } })),
      },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a body that is too large',
      { method: 'SEARCH', payload: { query: { search: 'x'.repeat(110_000) } } },
      413,
      'CONTENT_TOO_LARGE',
    ],
  ])('%s', async (_, question, status, code) => {
    expectProblem(await ask(question), status, code)
  })

  test('and says no more of an address than its path', async () => {
    expect((await ask({ url: '/nowhere?token=abc' })).body).not.toContain('abc')
  })

  test('a failure that nobody expected is told without a word of it', async () => {
    const broken = { selectFrom: () => expect.unreachable('the password is hunter2') } as unknown as typeof db
    const other = await buildTestApp({}, broken)
    const answer = await other.inject('/items/products')
    expectProblem(answer, 500, 'INTERNAL_SERVER_ERROR')
    expect(answer.body).not.toContain('hunter2')
    await other.close()
  })

  test('a question that takes too long is given up, and the database is not left with it', async () => {
    const options = { poolSize: 1, applicationName: 'test', onIdleError: () => undefined }
    const reads = openDatabase<CatalogTables>(databaseUrl, { ...options, statementTimeoutMs: 100, readOnly: true })
    const other = await buildTestApp({}, reads)
    const lock = await holdLock(db, (tx) => sql`lock table products in access exclusive mode`.execute(tx))
    const answer = await other.inject('/items/products')
    expectProblem(answer, 503, 'SERVICE_UNAVAILABLE')
    expect(answer.headers['retry-after']).toBe('1')
    await lock.release()
    // Nothing of the failure is kept.
    expect((await other.inject('/items/products')).statusCode).toBe(200)
    await other.close()
    await reads.destroy()
  })

  test('a database that is away is told, and by the probe as every service tells it', async () => {
    const options = { poolSize: 1, applicationName: 'test', onIdleError: () => undefined }
    const away = openDatabase<CatalogTables>('postgres://127.0.0.1:1/none', options)
    const other = await buildTestApp({}, away)
    expectProblem(await other.inject('/items/products'), 503, 'SERVICE_UNAVAILABLE')
    const probe = await other.inject('/readyz')
    expect([probe.statusCode, probe.json().type]).toEqual([503, '/problems/database-unavailable'])
    expect((await other.inject('/livez')).json()).toEqual({ status: 'alive' })
    await other.close()
    await away.destroy()
  })
})

describe('pages', () => {
  test.each(['http://localhost:5173', 'http://127.0.0.1:8000'])('of %s may read, without cookies', async (origin) => {
    for (const answer of [await ask({ headers: { origin } }), await ask({ url: '/items/nope', headers: { origin } })]) {
      expect(answer.headers['access-control-allow-origin']).toBe(origin)
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
      expect(answer.headers.vary).toBe('Origin')
    }
    const asked = {
      origin,
      'access-control-request-method': 'SEARCH',
      'access-control-request-headers': 'content-type',
    }
    const preflight = await ask({ method: 'OPTIONS', headers: asked })
    expect([preflight.statusCode, preflight.headers['access-control-allow-origin']]).toEqual([204, origin])
    expect(preflight.headers['access-control-allow-methods']).toContain('SEARCH')
  })

  test('of elsewhere are not let in by their browsers', async () => {
    const answer = await ask({ headers: { origin: 'https://evil.example' } })
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  })
})

describe('the server itself', () => {
  test('says pong', async () => {
    const answer = await ask({ url: '/server/ping' })
    expect([answer.statusCode, answer.body, answer.headers['content-type']]).toEqual([
      200,
      'pong',
      'text/html; charset=utf-8',
    ])
  })

  test('tells staff that it is well', async () => {
    const answer = await ask({ url: '/server/health', headers: as('a.viewer.token') })
    expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'ok' }])
  })

  test('tells what it is, and how much it answers at most', async () => {
    expect((await ask({ url: '/server/info' })).json()).toEqual({
      data: {
        project: { project_name: 'Kakilima', default_language: 'en-US' },
        queryLimit: { default: 100, max: 10_000 },
      },
    })
  })

  test('describes what it offers', async () => {
    const { paths } = (await ask({ url: '/openapi.json' })).json()
    expect(Object.keys(paths)).toEqual([
      '/items/products',
      '/items/products/{id}',
      '/server/ping',
      '/server/health',
      '/server/info',
    ])
    const names = paths['/items/products'].get.parameters.map(({ name }: { name: string }) => name)
    expect(names).toEqual([
      'fields',
      'filter',
      'search',
      'sort',
      'limit',
      'offset',
      'page',
      'meta',
      'aggregate',
      'groupBy',
    ])
    expect(Object.keys(paths['/items/products'])).toEqual(['get'])
  })
})
