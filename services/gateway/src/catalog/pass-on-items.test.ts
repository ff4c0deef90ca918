import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readConfig, serverSettings } from '@kakilima/kit/config'
import { createNeighbor } from '@kakilima/kit/http-client'
import { buildServer, listen } from '@kakilima/kit/server'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import Type from 'typebox'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { securityHeaders } from '../headers.ts'
import { passOnItems } from './pass-on-items.ts'

const body = Buffer.from('{"data":[{"id":1,"name":"Kopi \u00e9"}]}\n  ')
let asked: IncomingMessage[] = []
let cut = false

/** A catalog that remembers what it was asked. */
const catalog = createServer((request, response) => {
  asked.push(request)
  if (cut) return void request.socket.destroy()
  const headers = { 'content-type': 'application/json; charset=utf-8', etag: '"one"', 'cache-control': 'no-cache' }
  if (request.url!.startsWith('/items/secrets')) {
    response.writeHead(403, { 'content-type': 'application/json', 'set-cookie': 'a=b', 'x-powered-by': 'c' })
    return void response.end('{"errors":[]}')
  }
  if (request.headers['if-none-match'] === '"one"') return void response.writeHead(304, headers).end()
  response.writeHead(200, { ...headers, 'content-length': String(body.length) })
  response.end(request.method === 'HEAD' ? undefined : body)
}).listen(0, '127.0.0.1')
await once(catalog, 'listening')

const url = `http://127.0.0.1:${(catalog.address() as AddressInfo).port}`
const neighbor = createNeighbor({ name: 'catalog', url, token: undefined })
const app = await buildServer({
  name: 'gateway',
  config: readConfig(Type.Object(serverSettings(0)), testEnvironment()),
  logger: silentLogger(),
  checkReady: async () => {},
  publicOrigins: ['http://localhost:5173'],
  headersOf: securityHeaders(false),
})
passOnItems(app, neighbor.open)
const port = await listen(app, { ...readConfig(Type.Object(serverSettings(0)), testEnvironment()), PORT: 0 })
const ask = (path: string, options: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, options)

afterAll(async () => {
  await app.close()
  await neighbor.close()
  catalog.close()
})

beforeEach(() => {
  asked = []
  cut = false
})

test('a read is answered as the catalog answers it, byte for byte', async () => {
  const answer = await ask('/items/products?limit=1')
  expect(answer.status).toBe(200)
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(body)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(body.length),
    etag: '"one"',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  })
})

test('the query goes through letter by letter', async () => {
  const query = '?filter[name][_contains]=caf%C3%A9+&filter={"price":{"_gt":1}}&&sort=-price,&x=%2e%2E%zz'
  const raw = `/items/products${query}`
  // By hand: `fetch` would write it anew.
  const [answer] = await once(get({ host: '127.0.0.1', port, path: raw }), 'response')
  answer.resume()
  expect(asked.map((request) => request.url)).toEqual([raw])
})

test('nobody is known on the way: no token and no cookie goes along', async () => {
  await ask('/items/products/1', {
    headers: { authorization: 'Bearer secret', cookie: 'kakilima_session=secret', 'x-actor-id': '7', accept: 'text/x' },
  })
  const { headers } = asked[0]!
  expect(JSON.stringify(headers)).not.toContain('secret')
  expect(headers).toMatchObject({ accept: 'text/x', 'x-request-id': expect.any(String) })
  expect(headers).not.toHaveProperty('x-actor-id')
})

test('what a client has already is not sent again', async () => {
  const answer = await ask('/items/products', { headers: { 'if-none-match': '"one"' } })
  expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([304, '"one"', ''])
})

test('HEAD tells the length and sends nothing', async () => {
  const answer = await ask('/items/products', { method: 'HEAD' })
  expect([answer.status, answer.headers.get('content-length'), answer.headers.get('etag')]).toEqual([
    200,
    String(body.length),
    '"one"',
  ])
  expect(asked.map((request) => request.method)).toEqual(['HEAD'])
})

test('refusals come as they are, and nothing that only the catalog itself may set', async () => {
  const answer = await ask('/items/secrets')
  expect([answer.status, await answer.text()]).toEqual([403, '{"errors":[]}'])
  expect(answer.headers.get('set-cookie')).toBeNull()
  expect(answer.headers.get('x-powered-by')).toBeNull()
})

test('pages of the shop may read it from their own origin', async () => {
  const answer = await ask('/items/products', { headers: { origin: 'http://localhost:5173' } })
  expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:5173')
})

test('only reads below /items are passed on', async () => {
  for (const [method, path, status] of [
    ['POST', '/items/products', 404],
    ['DELETE', '/items/products/1', 404],
    ['GET', '/%69tems/products', 404],
    ['GET', '/server/info', 404],
    ['GET', '/items', 404],
  ] as const)
    expect([method, path, (await ask(path, { method })).status]).toEqual([method, path, status])
  expect(asked).toEqual([])
})

test('while the catalog is away the answer is a problem of the gateway', async () => {
  cut = true
  const answer = await ask('/items/products')
  expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('cache-control')]).toEqual([
    503,
    '1',
    'no-store',
  ])
  expect(await answer.json()).toMatchObject({
    type: '/problems/neighbor-unavailable',
    detail: 'The catalog service cannot be reached',
  })
})
