import { once } from 'node:events'
import { createServer } from 'node:net'
import { problem } from '@kakilima/contracts/problems'
import { text } from '@kakilima/contracts/text'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import Type from 'typebox'
import { afterEach, expect, test } from 'vitest'
import { readConfig, type ServerSettings, serverSettings } from './config.ts'
import { createLogger } from './logger.ts'
import { currentRequest } from './request-context.ts'
import { buildServer, listen, type Server } from './server.ts'

const running: Server[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.close()))
})

function settings(change: Record<string, string> = {}): ServerSettings {
  return readConfig(Type.Object(serverSettings(0)), testEnvironment(change))
}

async function createApp(logger = silentLogger(), checkReady = async () => {}): Promise<Server> {
  const app = await buildServer({ name: 'test', config: settings(), logger, checkReady })
  running.push(app)
  const body = Type.Object({ name: text(10), quantity: Type.Optional(Type.Integer()) })
  app.post('/things', { schema: { body } }, async (request) => request.body)
  app.get(
    '/things',
    { schema: { querystring: Type.Object({ limit: Type.Integer({ minimum: 1 }) }) } },
    async (request) => ({
      limit: request.query.limit,
      requestId: currentRequest()?.requestId,
    }),
  )
  app.post('/nothing', async () => ({ done: true }))
  app.get('/bug', async () => {
    throw new Error('the password is hunter2')
  })
  app.get('/odd-bug', async () => {
    // oxlint-disable-next-line typescript/only-throw-error -- what a careless library may throw
    throw 'the password is hunter2'
  })
  app.get('/missing', async () => {
    throw problem('order-not-found', 'Order not found', { order_id: 5 }, { 'retry-after': '1' })
  })
  return app
}

const json = { 'content-type': 'application/json' }

test.each([
  ['malformed JSON', { payload: '{"name": ', headers: json }, 400, 'malformed-json'],
  [
    'JSON with a poisoned key',
    { payload: '{"name": "a", "__proto__": {"x": 1}}', headers: json },
    400,
    'malformed-json',
  ],
  [
    'JSON with a poisoned constructor',
    { payload: '{"name": "a", "constructor": {"prototype": {"x": 1}}}', headers: json },
    400,
    'malformed-json',
  ],
  ['plain text', { payload: 'name=a', headers: { 'content-type': 'text/plain' } }, 415, 'unsupported-media-type'],
  [
    'a form',
    { payload: 'name=a', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    415,
    'unsupported-media-type',
  ],
  ['a body of no type', { payload: Buffer.from('{"name": "a"}'), headers: {} }, 415, 'unsupported-media-type'],
  ['a NUL character', { payload: { name: 'a\0b' } }, 422, 'invalid-input'],
  ['a number that is text', { payload: { name: 'a', quantity: '1' } }, 422, 'invalid-input'],
  ['an array', { payload: [] }, 422, 'invalid-input'],
  ['null', { payload: 'null', headers: json }, 422, 'invalid-input'],
  ['no body where one is needed', { headers: json }, 422, 'invalid-input'],
  ['a body of more than a megabyte', { payload: { name: 'x'.repeat(1024 * 1024) } }, 413, 'payload-too-large'],
])('%s is answered as a problem', async (_, request, status, type) => {
  const app = await createApp()
  const answer = await app.inject({ method: 'POST', url: '/things', ...request })
  expect(answer.statusCode).toBe(status)
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
  const body = answer.json()
  expect(body).toMatchObject({ type: `/problems/${type}`, status, instance: answer.headers['x-request-id'] })
  expect(body.title).toBeTruthy()
  expect(body.detail).toEqual(expect.any(String))
})

test('what breaks the schema is named by its place', async () => {
  const app = await createApp()
  const answer = await app.inject({ method: 'POST', url: '/things', payload: {} })
  expect(answer.json()).toMatchObject({
    detail: 'body.name is missing',
    errors: [{ pointer: '/name', detail: 'is missing' }],
  })
  const query = await app.inject('/things?limit=0')
  expect(query.statusCode).toBe(422)
  expect(query.json().detail).toBe('querystring.limit must be >= 1')
})

test('path and query are text and are read as what the schema says; bodies are judged as they are', async () => {
  const app = await createApp()
  expect((await app.inject('/things?limit=5')).json().limit).toBe(5)
  const unknown = await app.inject({ method: 'POST', url: '/things', payload: { name: 'a', role: 'admin' } })
  expect(unknown.statusCode).toBe(200)
})

test.each(['application/json', 'application/json; charset=utf-8'])(
  'a client that names %s and sends nothing is served where nothing is needed',
  async (type) => {
    const app = await createApp()
    const answer = await app.inject({ method: 'POST', url: '/nothing', headers: { 'content-type': type } })
    expect([answer.statusCode, answer.json()]).toEqual([200, { done: true }])
  },
)

test.each([
  ['GET', '/nowhere?token=abc', 'There is no GET /nowhere'],
  ['DELETE', '/things', 'There is no DELETE /things'],
] as const)('%s %s is not there, and the answer keeps the query to itself', async (method, url, detail) => {
  const app = await createApp()
  const answer = await app.inject({ method, url })
  expect(answer.statusCode).toBe(404)
  expect(answer.json()).toMatchObject({ type: '/problems/not-found', detail })
})

test.each(['/%', '/things/%zz', `/${'x'.repeat(300)}`])('the odd address %s is no failure of ours', async (url) => {
  const app = await createApp()
  const answer = await app.inject(url)
  expect([400, 404]).toContain(answer.statusCode)
  expect(answer.headers['content-type']).toContain('application/problem+json')
})

test.each(['/bug', '/odd-bug'])('%s is logged, and nothing of it is told', async (url) => {
  const lines: string[] = []
  const app = await createApp(createLogger('test', 'error', { write: (line) => lines.push(line) }))
  const answer = await app.inject(url)
  expect(answer.statusCode).toBe(500)
  expect(answer.json()).toMatchObject({ type: '/problems/internal-error', detail: 'Something went wrong on our side' })
  expect(answer.body).not.toContain('hunter2')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('hunter2')
})

test('a problem that was thrown is answered with its text, its extensions and its headers', async () => {
  const app = await createApp()
  const answer = await app.inject('/missing')
  expect(answer.statusCode).toBe(404)
  expect(answer.headers['retry-after']).toBe('1')
  expect(answer.json()).toEqual({
    type: '/problems/order-not-found',
    title: 'Order not found',
    status: 404,
    detail: 'Order not found',
    order_id: 5,
    instance: answer.headers['x-request-id'],
  })
})

test('a request keeps the id that it came with, unless that is unfit', async () => {
  const app = await createApp()
  const given = await app.inject({ url: '/things?limit=1', headers: { 'x-request-id': 'abc-1.2_3' } })
  expect(given.headers['x-request-id']).toBe('abc-1.2_3')
  expect(given.json().requestId).toBe('abc-1.2_3')
  for (const unfit of ['', 'x'.repeat(65), '<script>']) {
    const answer = await app.inject({ url: '/things?limit=1', headers: { 'x-request-id': unfit } })
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  }
})

test('other services are believed who of the staff asks, and nobody outside is', async () => {
  for (const publicOrigins of [undefined, ['http://localhost:5173']]) {
    const doors = publicOrigins && { publicOrigins }
    const app = await buildServer({
      name: 'test',
      config: settings(),
      logger: silentLogger(),
      checkReady: async () => {},
      ...doors,
    })
    running.push(app)
    app.get('/actor', async () => ({ actor: currentRequest()?.actorId ?? null }))
    const answer = await app.inject({ url: '/actor', headers: { 'x-actor-id': '7' } })
    expect(answer.json()).toEqual({ actor: publicOrigins === undefined ? 7 : null })
  }
})

test('the probes tell apart being alive and being able to work', async () => {
  let isAway = false
  const app = await createApp(silentLogger(), async () => {
    if (isAway) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
  })
  expect((await app.inject('/readyz')).json()).toEqual({ status: 'ready' })
  isAway = true
  const away = await app.inject('/readyz')
  expect([away.statusCode, away.headers['retry-after']]).toEqual([503, '1'])
  expect(away.json().type).toBe('/problems/database-unavailable')
  expect((await app.inject('/livez')).json()).toEqual({ status: 'alive' })
})

test('the API is described from the schemas that validate', async () => {
  const app = await createApp()
  await app.ready()
  const api = (await app.inject('/openapi.json')).json()
  expect(api.openapi).toMatch(/^3\.1/)
  expect(api.paths['/things'].post.requestBody.content['application/json'].schema.required).toEqual(['name'])
  expect(api.paths['/livez']).toBeUndefined()

  const page = await app.inject('/docs/')
  expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(page.body).toContain('src="js/scalar.js"')
  const script = await app.inject('/docs/js/scalar.js')
  expect([script.statusCode, script.headers['content-type']]).toEqual([200, 'application/javascript; charset=utf-8'])
  // The page asks for its script by a path beside its own.
  const bare = await app.inject('/docs')
  expect([bare.statusCode, bare.headers.location]).toEqual([301, '/docs/'])
})

test('a request that does not end is cut off, and a connection that says nothing is closed', async () => {
  const { server } = await createApp()
  expect(server).toMatchObject({ requestTimeout: 30_000, keepAliveTimeout: 10_000 })
  // What is in the way of both: how often connections are looked at, and how long headers may take.
  expect(server.headersTimeout).toBeLessThanOrEqual(60_000)
})

test('F3 a service that hangs is not ready, and says so soon', async () => {
  const app = await createApp(silentLogger(), () => new Promise<void>(() => {}))
  const { statusCode, headers, body } = await app.inject('/readyz')
  expect([statusCode, headers['retry-after'], JSON.parse(body).type]).toEqual([503, '1', '/problems/not-ready'])
})

test('a port that is taken is said in one sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  try {
    const app = await createApp()
    await expect(listen(app, settings({ PORT: String(port) }))).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is taken: stop the program that uses it, or choose another port.`,
    )
    const stranger = await createApp()
    await expect(listen(stranger, settings({ HOST: '192.0.2.1' }))).rejects.toThrow('no address of this machine')
  } finally {
    other.close()
  }
})
