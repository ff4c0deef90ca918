import { createLogger } from '@kakilima/kit/logger'
import { listen } from '@kakilima/kit/server'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type RawAnswer, rawRequest } from '@kakilima/testkit/raw-request'
import { openRawSocket } from '@kakilima/testkit/raw-socket'
import { sql } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { readCatalogConfig } from '../config.ts'
import type { CatalogTables } from '../database.ts'
import { createKeptAnswers } from '../items/kept-answers.ts'

let statements = 0
const db = (await testDatabase<CatalogTables>('catalog')).withPlugin({
  transformQuery({ node }) {
    statements++
    return node
  },
  transformResult: async ({ result }) => result,
})
await sql`
  insert into products (id, name, status, fields_version)
  select id, 'Kopi ' || id, 'published', 1 from generate_series(1, 30) as id`.execute(db)

const serviceToken = 'a-token-of-32-characters-or-more'
const config = readCatalogConfig(
  testEnvironment({
    CATALOG_DATABASE_URL: 'postgres://unused',
    SERVICE_TOKEN: serviceToken,
    ALLOWED_HOSTS: 'shop.example',
  }),
)
const kept = createKeptAnswers(1024 * 1024)
const app = await buildApp({ config, db, kept, logger: silentLogger() })
let throughFastify = 0
app.addHook('onSend', async () => void throughFastify++)
const port = await listen(app, config)
afterAll(() => app.close())

beforeEach(() => {
  throughFastify = 0
})

type Headers = Record<string, string>
async function get(path: string, headers: Headers = {}, method = 'GET'): Promise<RawAnswer & { isFast: boolean }> {
  const before = throughFastify
  const answer = await rawRequest(`http://127.0.0.1:${port}${path}`, { method, headers })
  return { ...answer, isFast: throughFastify === before }
}

/** What must be the same, whichever way an answer took. */
function comparable({ status, headers, text }: RawAnswer) {
  const { date, 'x-request-id': requestId, ...rest } = headers
  expect(date).toBeTruthy()
  expect(requestId).toMatch(/^[\w-]{36}$/)
  return { status, text, headers: rest }
}

const path = '/items/products?limit=20&sort=-price'
// A request that says something of a body goes the whole way.
const whole = { 'content-length': '0' }

test.each([
  ['plainly', {}],
  ['by another name of this machine', { host: 'LOCALHOST:8055' }],
  ['by a name that is allowed', { host: 'shop.example' }],
  ['from a page that is allowed', { origin: 'http://localhost:5173', referer: 'http://localhost:5173/shop' }],
  ['as a browser does', { accept: '*/*', 'user-agent': 'Mozilla/5.0', 'content-type': 'application/json' }],
  ['on a connection that ends then', { connection: 'close' }],
  ['by somebody who has another answer', { 'if-none-match': '"other"' }],
])('what is kept and asked for %s is answered at once, and just as Fastify would', async (_, headers: Headers) => {
  for (const url of [path, '/items/products/7', '/items/products/?meta=*&limit=1']) {
    kept.drop()
    const first = await get(url, headers)
    const second = await get(url, headers)
    const throughout = await get(url, { ...headers, ...whole })
    expect([first.isFast, second.isFast, throughout.isFast]).toEqual([false, true, false])
    expect(second.status).toBe(200)
    expect(comparable(second)).toEqual(comparable(first))
    expect(comparable(second)).toEqual(comparable(throughout))
  }
})

test('who has the answer is told so at once, just as Fastify would', async () => {
  const { headers } = await get(path)
  for (const given of [String(headers.etag), `"a", W/${String(headers.etag)}`, '*']) {
    const fast = await get(path, { 'if-none-match': given })
    const throughout = await get(path, { 'if-none-match': given, ...whole })
    expect([fast.isFast, throughout.isFast, fast.status, fast.text]).toEqual([true, false, 304, ''])
    expect(comparable(fast)).toEqual(comparable(throughout))
  }
})

test.each([
  ['by a foreign name', { host: 'evil.example' }, 421],
  ['by a foreign name that looks like ours', { host: 'localhost.evil.example' }, 421],
  ['from a sandboxed frame', { origin: 'null' }, 403],
  ['by staff', { authorization: `Bearer ${serviceToken}` }, 200],
  ['with a token that does not count', { authorization: 'Bearer wrong' }, 401],
  ['with something about a body', whole, 200],
])('what is kept and asked for %s goes the whole way', async (_, headers: Headers, status) => {
  await get(path)
  expect((await get(path)).isFast).toBe(true)
  expect(await get(path, headers)).toMatchObject({ isFast: false, status })
})

test('a page of elsewhere gets no CORS header, whether the answer is kept or not', async () => {
  await get(path)
  const answer = await get(path, { origin: 'https://evil.example' })
  expect([answer.isFast, answer.headers['access-control-allow-origin']]).toEqual([false, undefined])
})

test('a request keeps the name that it came with, unless that is unfit', async () => {
  await get(path)
  const named = await get(path, { 'x-request-id': 'abc-1.2_3' })
  expect([named.isFast, named.headers['x-request-id']]).toEqual([true, 'abc-1.2_3'])
  const unfit = await get(path, { 'x-request-id': '<script>' })
  expect([unfit.isFast, unfit.headers['x-request-id']]).toEqual([true, expect.stringMatching(/^[0-9a-f-]{36}$/)])
})

test('only reads are answered so, and only what everybody may see', async () => {
  await get(path)
  expect(await get(path, {}, 'HEAD')).toMatchObject({ isFast: false, status: 200, text: '' })
  expect(await get(path, {}, 'DELETE')).toMatchObject({ isFast: false, status: 403 })
  const other = '/items/products?fields=id'
  await get(other, { authorization: `Bearer ${serviceToken}` })
  expect((await get(other)).isFast).toBe(false)
})

test('what has changed is asked for anew', async () => {
  await get('/items/products/1')
  await sql`update products set name = 'Teh' where id = 1`.execute(db)
  expect((await get('/items/products/1')).text).toContain('Kopi 1')
  kept.drop()
  const changed = await get('/items/products/1')
  expect([changed.isFast, JSON.parse(changed.text).data.name]).toEqual([false, 'Teh'])
  expect((await get('/items/products/1')).isFast).toBe(true)
})

test('a storm after a change asks the database once', async () => {
  const ask = () => get('/items/products?limit=7')
  await ask()
  kept.drop()
  statements = 0
  const answers = await Promise.all(Array.from({ length: 200 }, ask))
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  expect(statements).toBe(1)
})

test('where every request is to be logged, every request goes the whole way', async () => {
  const lines: string[] = []
  const logger = createLogger('catalog', 'debug', { write: (line) => lines.push(line) })
  const logging = await buildApp({ config, db, kept, logger })
  const loggingPort = await listen(logging, config)
  for (let read = 0; read < 3; read++) await rawRequest(`http://127.0.0.1:${loggingPort}${path}`, { method: 'GET' })
  await logging.close()
  expect(lines.filter((line) => line.includes('answered'))).toHaveLength(3)
})

test('F6 what is no request is refused as Directus would, in words that a page can read', async () => {
  const socket = await openRawSocket(port)
  socket.write('GET /items/products HTTP/1.1\r\norigin: http://localhost:5173\r\nno header\r\n\r\n')
  const answer = await socket.answer()
  expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([400, 'http://localhost:5173'])
  expect(answer.headers['x-request-id']).toMatch(/^[\w-]{36}$/)
  expect(JSON.parse(answer.text)).toEqual({
    errors: [{ message: 'The request cannot be read', extensions: { code: 'INVALID_PAYLOAD' } }],
  })
})

test('F6 what is kept is answered while the catalog closes, and whoever asked is told to go', async () => {
  const closing = await buildApp({ config, db, kept, logger: silentLogger() })
  const held = Promise.withResolvers<void>()
  closing.get('/held', async () => {
    await held.promise
    return {}
  })
  const closingPort = await listen(closing, config)
  const [slow, late] = [await openRawSocket(closingPort), await openRawSocket(closingPort)]
  late.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
  expect((await late.answer()).headers.connection).toBe('keep-alive')
  slow.write('GET /held HTTP/1.1\r\nhost: localhost\r\n\r\n')
  late.write(`GET ${path} HTTP/1.1\r\nhost: lo`)
  expect((await rawRequest(`http://127.0.0.1:${closingPort}/livez`, { method: 'GET' })).status).toBe(200)
  const closed = new Promise<void>((resolve) => {
    closing.close(resolve)
  })
  await eventually(() => expect(closing.server.listening).toBe(false))
  late.write('calhost\r\n\r\n')
  const answer = await late.answer()
  expect([answer.status, answer.headers.connection]).toEqual([200, 'close'])
  expect(JSON.parse(answer.text).data).toHaveLength(20)
  held.resolve()
  expect((await slow.answer()).headers.connection).toBe('close')
  await closed
})
