import { METHODS } from 'node:http'
import { problem } from '@kakilima/contracts/problems'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { rawRequest, type RawAnswer } from '@kakilima/testkit/raw-request'
import { openRawSocket } from '@kakilima/testkit/raw-socket'
import Type from 'typebox'
import { afterEach, expect, test } from 'vitest'
import { readConfig, serverSettings } from './config.ts'
import { buildServer, listen, type Server } from './server.ts'

const origin = 'http://localhost:5173'
const elsewhere = 'https://evil.example'
const running: Server[] = []
/** Lets go what tests hold back. */
let letAllGo = Promise.withResolvers<void>()

afterEach(async () => {
  letAllGo.resolve()
  letAllGo = Promise.withResolvers<void>()
  await Promise.all(running.splice(0).map((app) => app.close()))
})

/** A public server. Its route `/held` answers once it is let go. */
async function start() {
  const config = readConfig(Type.Object(serverSettings(0)), testEnvironment())
  const app = await buildServer({
    name: 'test',
    config,
    logger: silentLogger(),
    checkReady: async () => {},
    publicOrigins: [origin],
    headersOf: () => [['x-content-type-options', 'nosniff']],
  })
  running.push(app)
  // What Node looks at every half a minute.
  Object.assign(app.server, { connectionsCheckingInterval: 20, headersTimeout: 300, requestTimeout: 300 })
  const asked = Promise.withResolvers<void>()
  const held = letAllGo
  app.get('/held', async () => {
    asked.resolve()
    await held.promise
    return { served: true }
  })
  app.get('/things', async () => ({ served: true }))
  app.post('/things', { schema: { body: Type.Object({ name: Type.String() }) } }, async (request) => request.body)
  app.get('/busy', async () => {
    throw problem('neighbor-failed')
  })
  const port = await listen(app, config)
  return { app, port, url: `http://127.0.0.1:${port}`, asked: asked.promise, letGo: () => held.resolve() }
}

/** Begins to close, and waits until the server takes no new connections. */
async function beginToClose(app: Server): Promise<{ closed: Promise<unknown> }> {
  const closed = new Promise<void>((resolve) => {
    app.close(resolve)
  })
  while (app.server.listening) await new Promise(setImmediate)
  return { closed }
}

function get(path: string, headers: Record<string, string> = {}): string {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** That a refusal has the form of all refusals. */
function expectProblem({ headers, text }: RawAnswer, status: number, type: string): void {
  expect(headers['content-type']).toBe('application/problem+json; charset=utf-8')
  expect(headers['x-request-id']).toMatch(/^[\w.-]{1,64}$/)
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(JSON.parse(text)).toMatchObject({
    type: `/problems/${type}`,
    title: expect.any(String),
    status,
    detail: expect.any(String),
    instance: headers['x-request-id'],
  })
  if (status === 503 || status === 429) expect(headers['retry-after']).toMatch(/^\d+$/)
}

/** That the page that asked may read an answer, as a browser judges. */
function expectReadable({ headers }: RawAnswer): void {
  expect(headers).toMatchObject({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': expect.stringContaining('retry-after'),
    vary: expect.stringContaining('Origin'),
  })
}

test('F6 a request that comes in while the server closes is served, and its connection ends then', async () => {
  const { app, port, asked, letGo } = await start()
  const [first, late] = [await openRawSocket(port), await openRawSocket(port)]
  late.write(get('/things'))
  expect((await late.answer()).headers.connection).toBe('keep-alive')
  first.write(get('/held'))
  await asked
  // Half of it is there when the closing begins.
  const request = get('/things', { origin })
  late.write(request.slice(0, 20))
  // A third connection that is heard of later than these bytes, so that they were read by then.
  expect((await rawRequest(`http://127.0.0.1:${port}/things`, { method: 'GET' })).status).toBe(200)
  const { closed } = await beginToClose(app)
  late.write(request.slice(20))
  const answer = await late.answer()
  expect([answer.status, answer.headers.connection, answer.text]).toEqual([200, 'close', '{"served":true}'])
  expectReadable(answer)
  await late.closed
  letGo()
  const held = await first.answer()
  // The client is told not to use the connection again: it is about to end.
  expect([held.status, held.headers.connection, held.text]).toEqual([200, 'close', '{"served":true}'])
  await closed
})

test('F6 a server that closes is not ready, and says so as a problem', async () => {
  const { app, port, asked, letGo } = await start()
  const [first, probe] = [await openRawSocket(port), await openRawSocket(port)]
  probe.write(get('/things'))
  await probe.answer()
  first.write(get('/held'))
  await asked
  probe.write('GET /ready')
  expect((await rawRequest(`http://127.0.0.1:${port}/things`, { method: 'GET' })).status).toBe(200)
  const { closed } = await beginToClose(app)
  probe.write('z HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const answer = await probe.answer()
  expect(answer.status).toBe(503)
  expectProblem(answer, 503, 'shutting-down')
  letGo()
  await closed
})

const head = `GET /api/v1/things HTTP/1.1\r\nhost: localhost\r\norigin: ${origin}\r\n`
test.each([
  ['no HTTP at all', 'hello\r\n\r\n', 400, 'bad-request'],
  ['a method that nobody knows', `FETCH / HTTP/1.1\r\norigin: ${origin}\r\n\r\n`, 400, 'bad-request'],
  ['a header that is none', `${head}no header\r\n\r\n`, 400, 'bad-request'],
  ['two lengths', `${head}content-length: 1\r\ncontent-length: 2\r\n\r\n`, 400, 'bad-request'],
  ['a line that holds a NUL', `${head}a: \0\r\n\r\n`, 400, 'bad-request'],
  ['headers that are too large', `${head}cookie: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ['headers that never end', 'GET /things HTTP/1.1\r\n', 408, 'request-timeout'],
  ['an empty connection', '', 408, 'request-timeout'],
  [
    'a body that never ends',
    `POST /things HTTP/1.1\r\nhost: localhost\r\norigin: ${origin}\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{`,
    408,
    'request-timeout',
  ],
  [
    'a chunk that is none',
    `POST /things HTTP/1.1\r\nhost: localhost\r\norigin: ${origin}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
    400,
    'bad-request',
  ],
  ['a tunnel', 'CONNECT localhost:443 HTTP/1.1\r\nhost: localhost\r\n\r\n', 404, 'not-found'],
])('F6 %s is answered as a problem, and the connection ends', async (_what, text, status, type) => {
  const { port } = await start()
  const socket = await openRawSocket(port)
  socket.write(text)
  const answer = await socket.answer()
  expect(answer.status).toBe(status)
  expectProblem(answer, status, type)
  expect(answer.headers.connection).toBe('close')
  if (text.includes(origin)) expectReadable(answer)
  // Whoever reads the sentence under its old name finds it there too.
  if (text.includes('/api/v1/')) expect(JSON.parse(answer.text).error).toBe(JSON.parse(answer.text).detail)
  expect(await socket.closed).toBe('')
})

test('F6 a client that sends on and on gets its refusal all the same', async () => {
  const { port } = await start()
  const socket = await openRawSocket(port)
  socket.write(`${head}cookie: ${'x'.repeat(8 * 1024 * 1024)}\r\n\r\n`)
  expectProblem(await socket.answer(), 431, 'headers-too-large')
})

test('F6 what breaks off a connection does not break off the answer that is on its way', async () => {
  const { port, asked, letGo } = await start()
  const socket = await openRawSocket(port)
  socket.write(`${get('/held')}no HTTP\r\n\r\n`)
  await asked
  expect((await rawRequest(`http://127.0.0.1:${port}/things`, { method: 'GET' })).status).toBe(200)
  letGo()
  expect(await socket.answer()).toMatchObject({ status: 200, text: '{"served":true}' })
  expectProblem(await socket.answer(), 400, 'bad-request')
  expect(await socket.closed).toBe('')
})

test('F6 a request that names no host is answered as a problem', async () => {
  const { port } = await start()
  const socket = await openRawSocket(port)
  socket.write(`GET /things HTTP/1.1\r\norigin: ${origin}\r\nconnection: close\r\n\r\n`)
  const answer = await socket.answer()
  expect(answer.status).toBe(400)
  expectProblem(answer, 400, 'bad-request')
  expectReadable(answer)
})

test.each([
  ['an address that cannot be read', '/api/v1/%zz', {}, 400, 'bad-request'],
  ['an address of which a part is too long', `/images/${'x'.repeat(300)}`, {}, 404, 'not-found'],
  ['nothing', '/nowhere', {}, 404, 'not-found'],
  ['what a neighbor fails at', '/busy', {}, 503, 'neighbor-failed'],
  ['another host', '/things', { host: 'evil.example' }, 421, 'foreign-host'],
])(
  'F6 a page of the shop can read why %s is refused, and others cannot',
  async (_what, path, headers, status, type) => {
    const { url } = await start()
    const answer = await rawRequest(url, { method: 'GET', path, headers: { origin, ...headers } })
    expect(answer.status).toBe(status)
    expectProblem(answer, status, type)
    expectReadable(answer)
    const other = await rawRequest(url, { method: 'GET', path, headers: { origin: elsewhere, ...headers } })
    expect(other.headers['access-control-allow-origin']).toBeUndefined()
  },
)

test('F6 who shows no token is told so in a way that a page of this machine can read', async () => {
  const config = readConfig(
    Type.Object(serverSettings(0)),
    testEnvironment({ NODE_ENV: 'production', SERVICE_TOKEN: 'a-token-of-32-characters-or-more' }),
  )
  const app = await buildServer({ name: 'test', config, logger: silentLogger(), checkReady: async () => {} })
  running.push(app)
  const answer = await app.inject({ url: '/things', headers: { origin } })
  expect([answer.statusCode, answer.headers['access-control-allow-origin']]).toEqual([401, origin])
})

test('F6 every method that HTTP has is answered as a problem where nothing is for it', async () => {
  const { url } = await start()
  // A connection that becomes a tunnel is a case of its own, above.
  for (const method of METHODS.filter((name) => name !== 'CONNECT')) {
    const answer = await rawRequest(`${url}/nowhere`, { method, headers: { 'content-length': '0' } })
    // The one method that must name a type even of nothing.
    const [status, type] = method === 'QUERY' ? [400, 'bad-request'] : [404, 'not-found']
    expect([method, answer.status]).toEqual([method, status])
    if (method !== 'HEAD') expectProblem(answer, status, type)
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
  }
})

test('F6 an expectation that nobody knows is no reason to refuse', async () => {
  const { url } = await start()
  for (const expectation of ['100-continue', 'a cup of tea']) {
    const headers = { expect: expectation, 'content-type': 'application/json' }
    const answer = await rawRequest(`${url}/things`, { method: 'POST', headers, body: '{"name":"a"}' })
    expect([expectation, answer.status, answer.text]).toEqual([expectation, 200, '{"name":"a"}'])
  }
})

test('F6 a preflight that asks for nothing is answered', async () => {
  const { url } = await start()
  const answer = await rawRequest(`${url}/things`, { method: 'OPTIONS', headers: { origin } })
  expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([204, origin])
})
