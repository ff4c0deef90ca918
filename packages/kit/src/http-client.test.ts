import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Type from 'typebox'
import { afterEach, expect, test } from 'vitest'
import { createNeighbor, isTimeout, type Neighbor, type NeighborOptions } from './http-client.ts'
import { runInRequest } from './request-context.ts'

type Seen = { method: string; url: string; headers: IncomingMessage['headers']; body: string }

const endings: (() => void | Promise<void>)[] = []

afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

/** A server that answers as it is told and remembers what it was asked. */
async function createServerThat(answer: (response: ServerResponse, call: number) => void) {
  const seen: Seen[] = []
  const sockets = new Set<unknown>()
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => (body += part))
    request.on('end', () => {
      seen.push({ method: request.method!, url: request.url!, headers: request.headers, body })
      answer(response, seen.length)
    })
  })
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  endings.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return { seen, sockets, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function neighborAt(url: string, options: Partial<NeighborOptions> = {}): Neighbor {
  const neighbor = createNeighbor({ name: 'inventory', url, token: undefined, timeoutMs: 2000, ...options })
  // A call that failed may hold its connection for longer than a test should wait.
  endings.push(() => void neighbor.close())
  return neighbor
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const reply = Type.Object({})
const harmless = { method: 'PUT', path: '/things/1', body: { quantity: 1 }, reply, harmless: true } as const
const harmful = { ...harmless, method: 'POST', harmless: false } as const

test('a call goes out with its body, the token and the id of the request that it belongs to', async () => {
  const { seen, url } = await createServerThat((response) => json(response, 201, { id: 1 }))
  const { call } = neighborAt(`${url}/`, { token: 'secret' })
  expect(await runInRequest({ requestId: 'abc', actorId: 7 }, () => call(harmful))).toEqual({ id: 1 })
  expect(seen).toMatchObject([
    {
      method: 'POST',
      url: '/things/1',
      body: '{"quantity":1}',
      headers: {
        authorization: 'Bearer secret',
        'x-request-id': 'abc',
        'x-actor-id': '7',
        'content-type': 'application/json',
      },
    },
  ])
  await call({ method: 'GET', path: '/things', reply, harmless: true })
  expect(seen[1]).toMatchObject({ method: 'GET', url: '/things', body: '' })
  expect(seen[1]!.headers).not.toHaveProperty('content-type')
  expect(seen[1]!.headers).not.toHaveProperty('x-actor-id')
})

test('calls that follow each other share connections', async () => {
  const { sockets, url } = await createServerThat((response) => json(response, 200, {}))
  const { call } = neighborAt(url)
  for (let i = 0; i < 30; i++) await call(harmless)
  // One, and a second where the next call came before the first had settled.
  expect(sockets.size).toBeLessThanOrEqual(2)
})

test.each([502, 503, 504])('a harmless call that meets %i is tried again', async (status) => {
  const { seen, url } = await createServerThat((response, call) =>
    json(response, call < 3 ? status : 200, { ok: true }),
  )
  expect(await neighborAt(url).call(harmless)).toEqual({ ok: true })
  expect(seen).toHaveLength(3)
})

test('a harmless call gives up after three tries', async () => {
  const { seen, url } = await createServerThat((response) => json(response, 503, {}))
  await expect(neighborAt(url).call(harmless)).rejects.toMatchObject({
    type: 'neighbor-unavailable',
    status: 503,
    message: 'The inventory service cannot be reached',
    headers: { 'retry-after': '1' },
  })
  expect(seen).toHaveLength(3)
})

test('a harmless call survives a connection that breaks under it', async () => {
  const { seen, url } = await createServerThat((response, call) => {
    if (call === 1) response.destroy()
    else json(response, 200, { ok: true })
  })
  expect(await neighborAt(url).call(harmless)).toEqual({ ok: true })
  expect(seen).toHaveLength(2)
})

test('a call that is not harmless is sent once, whatever comes back', async () => {
  const unwilling = await createServerThat((response) => json(response, 503, {}))
  await expect(neighborAt(unwilling.url).call(harmful)).rejects.toMatchObject({ type: 'neighbor-unavailable' })
  const breaking = await createServerThat((response) => response.destroy())
  await expect(neighborAt(breaking.url).call(harmful)).rejects.toMatchObject({ type: 'neighbor-unavailable' })
  expect([unwilling.seen.length, breaking.seen.length]).toEqual([1, 1])
})

test('a neighbour where nobody listens cannot be reached', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const { call } = neighborAt(`http://127.0.0.1:${port}`)
  await expect(call(harmless)).rejects.toMatchObject({ type: 'neighbor-unavailable' })
  await expect(call(harmful)).rejects.toMatchObject({ type: 'neighbor-unavailable' })
})

test('a neighbour that does not answer in time cannot be reached', async () => {
  const { seen, url } = await createServerThat(() => undefined)
  const { call } = neighborAt(url, { timeoutMs: 100, tries: 2 })
  await expect(call(harmless)).rejects.toMatchObject({ type: 'neighbor-unavailable' })
  expect(seen).toHaveLength(2)
})

test('a neighbour that begins an answer and never ends it cannot be reached', async () => {
  const { url } = await createServerThat((response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"ok": ')
  })
  const { call } = neighborAt(url, { timeoutMs: 100, tries: 1 })
  await expect(call(harmless)).rejects.toMatchObject({ type: 'neighbor-unavailable' })
})

test('a neighbour that answers drop by drop cannot be reached, as the limit is for the whole try', async () => {
  const { url } = await createServerThat((response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const drops = `["${'x'.repeat(200)}"]`.split('')
    const dripping = setInterval(() => response.write(drops.shift() ?? ''), 100)
    response.on('close', () => clearInterval(dripping))
  })
  const began = performance.now()
  await expect(neighborAt(url, { timeoutMs: 350, tries: 1 }).call(harmless)).rejects.toMatchObject({
    type: 'neighbor-unavailable',
    message: 'The inventory service does not answer in time',
  })
  // Twenty seconds, were each drop to begin the limit anew.
  expect(performance.now() - began).toBeLessThan(10_000)
})

test('a caller that comes back by itself is told at once, and whether time ran out', async () => {
  const silent = await createServerThat(() => undefined)
  const sentOnce = { ...harmless, tries: 1 }
  const late: unknown = await neighborAt(silent.url, { timeoutMs: 100 })
    .call(sentOnce)
    .catch((error: unknown) => error)
  expect(isTimeout(late)).toBe(true)
  const unwilling = await createServerThat((response) => json(response, 503, {}))
  const refused: unknown = await neighborAt(unwilling.url)
    .call(sentOnce)
    .catch((error: unknown) => error)
  expect(refused).toMatchObject({ type: 'neighbor-unavailable' })
  expect(isTimeout(refused)).toBe(false)
  expect([silent.seen.length, unwilling.seen.length]).toEqual([1, 1])
})

test('a problem of the neighbour is thrown as it came, and at once', async () => {
  const { seen, url } = await createServerThat((response) =>
    json(response, 409, {
      type: '/problems/insufficient-stock',
      title: 'Not enough stock',
      status: 409,
      detail: 'Not enough stock. Available: 2',
      shortages: [{ product_id: 1, requested: 3, available: 2 }],
    }),
  )
  await expect(neighborAt(url).call(harmless)).rejects.toMatchObject({
    type: 'insufficient-stock',
    message: 'Not enough stock. Available: 2',
    extensions: { shortages: [{ product_id: 1, requested: 3, available: 2 }] },
  })
  expect(seen).toHaveLength(1)
})

test.each([
  [500, { type: '/problems/internal-error', detail: 'hunter2' }],
  [500, { message: 'hunter2' }],
  [404, { message: 'hunter2' }],
  [302, {}],
])(
  'an answer %i that is no problem of ours is a failure of the neighbour, told without its text',
  async (status, body) => {
    const { seen, url } = await createServerThat((response) => json(response, status, body))
    await expect(neighborAt(url).call(harmless)).rejects.toMatchObject({
      type: 'neighbor-failed',
      message: 'The inventory service failed',
    })
    expect(seen).toHaveLength(1)
  },
)

test('an answer that is no JSON comes from somebody else: the neighbour is away', async () => {
  const { url } = await createServerThat((response) => response.end('<html>Welcome to nginx</html>'))
  await expect(neighborAt(url, { tries: 1 }).call(harmless)).rejects.toMatchObject({ type: 'neighbor-unavailable' })
})

test('bytes go out as they are, with what they are', async () => {
  const { seen, url } = await createServerThat((response) => json(response, 201, {}))
  const { call } = neighborAt(url)
  await call({ ...harmful, body: Buffer.from('{"not":"JSON"}'), contentType: 'image/png' })
  expect(seen).toMatchObject([
    { body: '{"not":"JSON"}', headers: { 'content-type': 'image/png', 'content-length': '14' } },
  ])
})

test('an answer that is passed on is handed out while it comes in, whatever its status', async () => {
  const { seen, url } = await createServerThat((response) => {
    response.writeHead(404, { etag: '"1"' })
    response.write('first')
  })
  const { open } = neighborAt(`${url}/`, { token: 'secret' })
  const answer = await open('GET', '/images/../a%2fb', { authorization: 'Bearer of a customer', range: 'bytes=0-' })
  expect([answer.status, answer.headers.etag]).toEqual([404, '"1"'])
  const [part] = await once(answer.body, 'data')
  expect(String(part)).toBe('first')
  expect(seen).toMatchObject([
    { method: 'GET', url: '/images/../a%2fb', headers: { authorization: 'Bearer secret', range: 'bytes=0-' } },
  ])
  const ended = once(answer.body, 'error')
  answer.body.destroy()
  await ended
})

test('there is nothing to pass on where nobody answers', async () => {
  const { url } = await createServerThat(() => undefined)
  const silent = neighborAt(url, { timeoutMs: 100 }).open('HEAD', '/', {})
  await expect(silent).rejects.toMatchObject({ type: 'neighbor-unavailable' })
  const nobody = neighborAt('http://127.0.0.1:1').open('GET', '/', {})
  await expect(nobody).rejects.toMatchObject({ type: 'neighbor-unavailable' })
})
