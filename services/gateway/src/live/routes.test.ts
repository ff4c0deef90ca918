import cookie from '@fastify/cookie'
import { liveCloseCodes } from '@kakilima/contracts/live'
import type { Order } from '@kakilima/contracts/order/order'
import { listen, buildServer, type Server } from '@kakilima/kit/server'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { closeLiveClients, listenLive, type LiveClient } from '@kakilima/testkit/live-client'
import { rawRequest } from '@kakilima/testkit/raw-request'
import { openRawSocket } from '@kakilima/testkit/raw-socket'
import { eventually } from '@kakilima/testkit/eventually'
import { afterEach, expect, test } from 'vitest'
import { type Caller, createTokens } from '../auth/tokens.ts'
import { readGatewayConfig } from '../config.ts'
import type { OrderFeed } from './order-feed.ts'
import { livePath, liveRoutes } from './routes.ts'

const secret = 'signs-the-tokens-of-this-test-and-no-others'
const origin = 'http://localhost:5173'
const aDayMs = 24 * 60 * 60 * 1000
const tokens = createTokens([secret])
const { signInFirst, notUnderstood, tryLater, goingAway } = liveCloseCodes
const apps: Server[] = []

afterEach(async () => {
  closeLiveClients()
  await Promise.all(apps.splice(0).map((app) => app.close()))
})

function tokenOf(userId: number, change: Partial<Caller> = {}, lifeMs = aDayMs): string {
  return tokens.sign({ userId, sessionId: userId, role: 'customer', ...change }, new Date(Date.now() + lifeMs))
}

function orderOf(id: number, userId: number, change: Partial<Order> = {}): Order {
  return {
    id,
    user_id: userId,
    product_id: 1,
    quantity: 1,
    total_price: 1000,
    payment_status: false,
    confirmed: false,
    status: 'awaiting_payment',
    payment_method: null,
    expires_at: null,
    paid_at: null,
    confirmed_at: null,
    ended_at: null,
    paid_by_payment_id: null,
    reason: null,
    shortages: [],
    version: 1,
    created_at: '2026-11-22T08:00:00.000Z',
    updated_at: '2026-11-22T08:00:00.000Z',
    lines: [{ product_id: 1, name: 'Kopi susu', unit_price: 1000, quantity: 1 }],
    ...change,
  }
}

/** An order service whose orders change by `change`, and which is away while `isAway`. */
function fakeOrderFeed() {
  const orders = new Map<number, Order>()
  const events: { id: number; order_id: number; user_id: number }[] = []
  const fake = {
    isAway: false,
    calls: 0,
    change(order: Order) {
      orders.set(order.id, order)
      events.push({ id: events.length + 1, order_id: order.id, user_id: order.user_id })
    },
    feed: {
      position: async () => (look(), { after: events.length, missing: [] }),
      changes: async ({ after }) => (look(), { changes: events.slice(after), settled: 0 }),
      list: async (ids) => (look(), ids.map((id) => orders.get(id)!)),
    } satisfies OrderFeed,
  }
  function look(): void {
    fake.calls++
    if (fake.isAway) throw new Error('the order service is away')
  }
  return fake
}

async function startGateway(limits: Partial<Parameters<typeof liveRoutes>[2]> = {}) {
  const config = readGatewayConfig(testEnvironment({ ORDER_DATABASE_URL: 'postgres://unused', JWT_SECRETS: secret }))
  const logger = silentLogger()
  const app = await buildServer({
    name: 'gateway',
    config,
    logger,
    checkReady: async () => undefined,
    publicOrigins: [origin],
    webSocketPath: livePath,
  })
  apps.push(app)
  await app.register(cookie)
  app.post('/echo', async (request) => request.body)
  const endedIds = new Set<number>()
  const ended = {
    has: (id: number) => endedIds.has(id),
    requireLoaded: () => undefined,
    add: (id: number) => endedIds.add(id),
    refresh: async () => undefined,
    stop: async () => undefined,
  }
  const orders = fakeOrderFeed()
  const deps = { logger, tokens, ended, orderFeed: orders.feed }
  await liveRoutes(app, deps, { origins: [origin], maxSockets: 100, everyMs: 10, ...limits })
  const url = `http://127.0.0.1:${await listen(app, config)}`
  return { app, url, orders, end: (sessionId: number) => void endedIds.add(sessionId) }
}

const cookieOf = (token: string) => ({ cookie: `kakilima_session=${token}` })

test('customers hear of their own orders, staff and viewers of all, and everybody once', async () => {
  const { url, orders } = await startGateway()
  const [mine, other] = [await listenLive(url, tokenOf(7)), await listenLive(url, tokenOf(8))]
  const staff = await listenLive(url, tokenOf(9, { role: 'staff' }))
  const viewer = await listenLive(url, tokenOf(10, { role: 'viewer' }))
  await Promise.all([mine, other, staff, viewer].map((client) => client.ready()))
  orders.change(orderOf(1, 7))
  orders.change(orderOf(2, 9))
  expect(await mine.hear(1, 'awaiting_payment')).toEqual(orderOf(1, 7))
  orders.change(orderOf(1, 7, { status: 'paid', version: 2 }))
  orders.change(orderOf(3, 8))
  await Promise.all([mine.hear(1, 'paid'), other.hear(3, 'awaiting_payment'), viewer.hear(3, 'awaiting_payment')])
  await staff.hear(3, 'awaiting_payment')
  const heard = ({ messages: [first, ...others] }: LiveClient) => {
    expect(first).toEqual({ type: 'ready' })
    const ids = others.map((message) => (message.type === 'ready' ? 0 : message.order.id))
    return ids.toSorted((a, b) => a - b)
  }
  expect(heard(mine)).toEqual([1, 1])
  expect(heard(other)).toEqual([3])
  expect(heard(staff)).toEqual([1, 1, 2, 3])
  expect(heard(viewer)).toEqual([1, 1, 2, 3])
})

test('a connection is ready once the order service answers, and misses nothing while that is away', async () => {
  const { url, orders } = await startGateway()
  orders.isAway = true
  const client = await listenLive(url, tokenOf(7))
  await eventually(() => expect(orders.calls).toBeGreaterThan(1))
  expect(client.messages).toEqual([])
  orders.isAway = false
  await client.ready()
  orders.isAway = true
  const calls = orders.calls
  orders.change(orderOf(1, 7))
  await eventually(() => expect(orders.calls).toBeGreaterThan(calls))
  orders.isAway = false
  await client.hear(1, 'awaiting_payment')
})

test('nothing is asked while nobody listens, and who comes later hears nothing old', async () => {
  const { url, orders } = await startGateway()
  const client = await listenLive(url, tokenOf(7))
  await client.ready()
  client.socket.close()
  let calls = 0
  await eventually(() => {
    const before = calls
    calls = orders.calls
    expect(calls).toBe(before)
  }, 500)
  orders.change(orderOf(1, 7))
  const later = await listenLive(url, tokenOf(7))
  await later.ready()
  orders.change(orderOf(2, 7))
  await later.hear(2, 'awaiting_payment')
  expect(later.messages).toHaveLength(2)
})

test.each([
  ['a forged token', `{"token":"${tokenOf(7).slice(0, -2)}xx"}`, signInFirst],
  ['a token that has expired', `{"token":"${tokenOf(7, {}, -1000)}"}`, signInFirst],
  ['an empty token', '{"token":""}', signInFirst],
  ['no token', '{}', notUnderstood],
  ['a token that is no text', '{"token":7}', notUnderstood],
  ['a list', '[]', notUnderstood],
  ['nothing', '', notUnderstood],
  ['null', 'null', notUnderstood],
  ['no JSON', 'token', notUnderstood],
  ['a novel', `{"token":"${'x'.repeat(5000)}"}`, 1009],
])('%s as the first message closes the connection', async (_what, message, code) => {
  const { url } = await startGateway()
  const client = await listenLive(url)
  client.socket.send(message)
  expect(await client.closed).toBe(code)
  expect(client.messages).toEqual([])
})

test('a connection that does not sign in is closed', async () => {
  const { url } = await startGateway({ signInMs: 20 })
  const signedIn = await listenLive(url, tokenOf(7))
  const silent = await listenLive(url)
  expect(await silent.closed).toBe(signInFirst)
  await signedIn.ready()
  expect(signedIn.socket.readyState).toBe(signedIn.socket.OPEN)
})

test('a session that ends and a token that expires close their connections and no others', async () => {
  const { url, end } = await startGateway()
  const [ending, staying] = [await listenLive(url, tokenOf(7)), await listenLive(url, tokenOf(8))]
  const expiring = await listenLive(url, tokenOf(9, {}, 2000))
  await Promise.all([ending, staying, expiring].map((client) => client.ready()))
  end(7)
  expect(await ending.closed).toBe(signInFirst)
  expect(await expiring.closed).toBe(signInFirst)
  expect(staying.socket.readyState).toBe(staying.socket.OPEN)
  expect(await (await listenLive(url, tokenOf(7))).closed).toBe(signInFirst)
})

test('a later token takes the place of an earlier one', async () => {
  const { url, orders } = await startGateway()
  const client = await listenLive(url, tokenOf(7, { role: 'admin' }))
  await client.ready()
  client.socket.send(JSON.stringify({ token: tokenOf(8) }))
  await eventually(() => expect(client.messages).toEqual([{ type: 'ready' }, { type: 'ready' }]))
  orders.change(orderOf(1, 7))
  orders.change(orderOf(2, 8))
  await client.hear(2, 'awaiting_payment')
  expect(client.messages).toHaveLength(3)
})

test('the cookie signs in from a page of the shop, and from nowhere else', async () => {
  const { url } = await startGateway({ signInMs: 200 })
  const headers = cookieOf(tokenOf(7))
  await (await listenLive(url, undefined, { origin, headers })).ready()
  await expect(listenLive(url, undefined, { origin: 'https://evil.example', headers })).rejects.toThrow('403')
  await expect(listenLive(url, undefined, { origin: 'null', headers })).rejects.toThrow('403')
  await expect(listenLive(url, tokenOf(7), { origin: 'https://evil.example' })).rejects.toThrow('403')
  // A program that is no browser shows its token.
  expect(await (await listenLive(url, undefined, { headers })).closed).toBe(signInFirst)
})

test('a cookie that does not count keeps nobody from showing a token', async () => {
  const { url } = await startGateway()
  const headers = cookieOf(tokenOf(7, {}, -1000))
  const client = await listenLive(url, tokenOf(8), { origin, headers })
  await client.ready()
  expect(client.messages).toHaveLength(1)
})

test('an account has so many connections and no more, and gets another when one ends', async () => {
  const { url } = await startGateway({ perAccount: 2 })
  const [one, two] = [await listenLive(url, tokenOf(7)), await listenLive(url, tokenOf(7, { sessionId: 70 }))]
  await Promise.all([one.ready(), two.ready()])
  expect(await (await listenLive(url, tokenOf(7))).closed).toBe(tryLater)
  await (await listenLive(url, tokenOf(8))).ready()
  one.socket.close()
  await one.closed
  await eventually(async () => {
    const again = await listenLive(url, tokenOf(7))
    expect(await Promise.race([again.ready(), again.closed])).toBe(undefined)
  })
})

test('a gateway that is full says so', async () => {
  const { url } = await startGateway({ maxSockets: 1 })
  await (await listenLive(url, tokenOf(7))).ready()
  const refused = await listenLive(url, tokenOf(8)).catch((error: Error) => error)
  expect(refused).toMatchObject({
    message: expect.stringContaining('503'),
    cause: { headers: { 'retry-after': '10' } },
  })
})

test('who does not read is closed before it fills the memory, and others hear on', async () => {
  const { url, orders } = await startGateway()
  const [slow, quick] = [await listenLive(url, tokenOf(7)), await listenLive(url, tokenOf(9, { role: 'staff' }))]
  await Promise.all([slow.ready(), quick.ready()])
  slow.socket.pause()
  // More than the buffers of the system hold.
  const lines = [{ product_id: 1, name: 'x'.repeat(900_000), unit_price: 1, quantity: 1 }]
  for (let id = 1; id <= 30; id++) {
    orders.change(orderOf(id, 7, { lines }))
    await quick.hear(id, 'awaiting_payment')
  }
  slow.socket.resume()
  // It has no chance to read why, where it was cut off before it came to that.
  expect([tryLater, 1006]).toContain(await slow.closed)
  expect(slow.messages.length).toBeLessThan(30)
  expect(quick.socket.readyState).toBe(quick.socket.OPEN)
})

test('a connection that gives no sign of life is cut, one that does stays', async () => {
  const { url } = await startGateway({ silentMs: 100 })
  const alive = await listenLive(url, tokenOf(7))
  const dead = await listenLive(url, tokenOf(8), { autoPong: false })
  let pings = 0
  alive.socket.on('ping', () => pings++)
  expect(await dead.closed).toBe(1006)
  await eventually(() => expect(pings).toBeGreaterThan(3))
  expect(alive.socket.readyState).toBe(alive.socket.OPEN)
})

test('a gateway that stops says goodbye, and does not wait for those who do not answer', async () => {
  const { app, url } = await startGateway()
  const [polite, silent, unknown] = [
    await listenLive(url, tokenOf(7)),
    await listenLive(url, tokenOf(8)),
    await listenLive(url),
  ]
  await Promise.all([polite.ready(), silent.ready()])
  silent.socket.pause()
  await app.close()
  expect(await polite.closed).toBe(goingAway)
  expect(await unknown.closed).toBe(goingAway)
  silent.socket.resume()
  await silent.closed
})

test('the address speaks WebSocket only, and only to those who ask by a name of this shop', async () => {
  const { url } = await startGateway()
  const plain = await rawRequest(url + livePath, { method: 'GET' })
  expect([plain.status, plain.headers.upgrade]).toEqual([426, 'websocket'])
  expect(JSON.parse(plain.text)).toMatchObject({ type: '/problems/upgrade-required', error: expect.any(String) })
  await expect(listenLive(url, tokenOf(7), { headers: { host: 'evil.example' } })).rejects.toThrow('421')
})

const handshake = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
const key = 'dGhlIHNhbXBsZSBub25jZQ=='
test.each([
  ['no key', handshake, 400, 'bad-request'],
  ['a key that is none', { ...handshake, 'sec-websocket-key': 'abc' }, 400, 'bad-request'],
  [
    'a list of protocols that is none',
    { ...handshake, 'sec-websocket-key': key, 'sec-websocket-protocol': 'a,,b' },
    400,
    'bad-request',
  ],
  [
    'a protocol that it names twice',
    { ...handshake, 'sec-websocket-key': key, 'sec-websocket-protocol': 'a, a' },
    400,
    'bad-request',
  ],
  ['an old version', { ...handshake, 'sec-websocket-key': key, 'sec-websocket-version': '7' }, 426, 'upgrade-required'],
  ['another protocol', { ...handshake, 'sec-websocket-key': key, upgrade: 'h2c' }, 426, 'upgrade-required'],
])('F6 a handshake with %s is answered as a problem that its page can read', async (_what, headers, status, type) => {
  const { url } = await startGateway()
  const answer = await rawRequest(url + livePath, { method: 'GET', headers: { origin, ...headers } })
  expect(answer.status).toBe(status)
  expect(answer.headers).toMatchObject({
    'content-type': 'application/problem+json; charset=utf-8',
    'access-control-allow-origin': origin,
  })
  const body = JSON.parse(answer.text)
  expect(body).toMatchObject({
    type: `/problems/${type}`,
    error: body.detail,
    instance: answer.headers['x-request-id'],
  })
})

test('F6 who wants to listen while the gateway closes is told to come again', async () => {
  const { app, url } = await startGateway()
  const [held, late] = [await openRawSocket(Number(new URL(url).port)), await openRawSocket(Number(new URL(url).port))]
  held.write('POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n')
  late.write(`GET ${livePath} HTTP/1.1\r\nhost: localhost\r\norigin: ${origin}\r\n`)
  // By the time that this is answered, what was sent before has been read.
  expect((await rawRequest(`${url}/nowhere`, { method: 'GET' })).status).toBe(404)
  const closed = app.close()
  await eventually(() => expect(app.server.listening).toBe(false))
  const headers = Object.entries({ ...handshake, 'sec-websocket-key': key })
  late.write(`${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
  const answer = await late.answer()
  expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1'])
  expect(answer.headers['access-control-allow-origin']).toBe(origin)
  expect(JSON.parse(answer.text)).toMatchObject({ type: '/problems/shutting-down', error: expect.any(String) })
  held.write('{}')
  expect(await held.answer()).toMatchObject({ status: 200, text: '{}', headers: { connection: 'close' } })
  await closed
})

test('who offers another protocol with a request gets its answer all the same', async () => {
  const { url } = await startGateway()
  const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'content-type': 'application/json' }
  const answer = await rawRequest(`${url}/echo`, { method: 'POST', headers, body: '{"a":1}' })
  expect([answer.status, answer.text]).toEqual([200, '{"a":1}'])
  expect((await rawRequest(`${url}/nowhere`, { method: 'GET', headers })).status).toBe(404)
})
