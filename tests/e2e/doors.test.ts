import { callerOf } from '@kakilima/testkit/call'
import { type RawAnswer, rawRequest } from '@kakilima/testkit/raw-request'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newGuest, newStaff, type Signed, signIn } from './people.ts'
import { type Gateway, openPublicDoor, type PublicDoor } from './public-door.ts'

let door: PublicDoor
let gateway: Gateway
let staff: Signed
let cookie: string

beforeAll(async () => {
  door = await openPublicDoor({ JWT_SECRETS: 'Vq3xZ8mTn5wLc2Rk7yHd4Gs9Jb6Pf1Ae' })
  gateway = await door.startGateway()
  const { email, password } = await newStaff('viewer', { USER_DATABASE_URL: door.userDatabase })
  staff = await signIn(gateway.api, email, password)
  const { headers } = await newGuest(gateway.api)
  // What a browser holds and sends along, whichever page makes it call.
  cookie = `kakilima_session=${headers.authorization.slice('Bearer '.length)}`
})

afterAll(() => door.stop())

const json = { 'content-type': 'application/json' }
const guest = JSON.stringify({ name: 'Budi', phone: '081234567890' })

/** The writes that a page could try: one of the public door, with the cookie of its visitor, and one of the internal network. */
const writes = {
  gateway: (headers: Record<string, string>, body = guest) =>
    rawRequest(`${gateway.urls.gateway}/api/v1/auth/guest`, { method: 'POST', headers: { cookie, ...headers }, body }),
  user: (headers: Record<string, string>, body = guest) =>
    rawRequest(`${door.urls.user}/users`, { method: 'POST', headers, body }),
}

async function customers(): Promise<number> {
  const { body } = await callerOf(gateway.urls).get('gateway', '/api/v1/customers?limit=1000', staff)
  return body.length
}

function expectRefused(answer: RawAnswer, status: number, what: string): void {
  expect(answer.status, `${what} → ${answer.text}`).toBe(status)
  expect(answer.headers['access-control-allow-origin'], what).toBeUndefined()
  expect(answer.headers['access-control-allow-credentials'], what).toBeUndefined()
  expect(answer.headers['set-cookie'], what).toBeUndefined()
}

describe.each(['gateway', 'user'] as const)('a page that calls the %s', (service) => {
  const isPublic = service === 'gateway'
  const port = () => new URL(gateway.urls[service]).port

  /** From where, with what a browser would say of it. */
  const strangers: Record<string, Record<string, string>> = {
    'another site': { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    'another site, by an old browser': { origin: 'https://evil.example' },
    'another site that says nothing of itself': { 'sec-fetch-site': 'cross-site' },
    'another site, by a browser that sends no origin': { referer: 'https://evil.example/a?b#c' },
    'a sandboxed frame of another site': { origin: 'null', referer: 'https://evil.example/' },
    'a name that begins like ours': { origin: 'http://localhost.evil.example' },
    'a name that ends like ours': { origin: 'http://evil-localhost' },
    'an address that begins like ours': { origin: 'http://127.0.0.1.evil.example' },
    'an extension': { origin: 'chrome-extension://abcdef' },
    'a page with a port in its name': { origin: 'http://localhost:8000.evil.example' },
  }
  if (isPublic) {
    strangers['a file or a frame'] = { origin: 'null' }
    strangers['a port that is not named'] = { origin: 'http://localhost:9999' }
    strangers['the right name over HTTPS'] = { origin: 'https://localhost:8000' }
  }

  test.each(Object.entries(strangers))('from %s writes nothing and reads nothing', async (what, headers) => {
    const before = await customers()
    // With a preflight, and by the three kinds of body that need none.
    expectRefused(await writes[service]({ ...json, ...headers }), 403, what)
    expectRefused(await writes[service]({ 'content-type': 'text/plain', ...headers }), 403, what)
    const form = { 'content-type': 'application/x-www-form-urlencoded', ...headers }
    expectRefused(await writes[service](form, 'name=Budi&phone=081234567890'), 403, what)
    expectRefused(await writes[service]({ 'content-type': 'multipart/form-data; boundary=x', ...headers }), 403, what)
    expectRefused(await writes[service](headers, ''), 403, what)
    const asked = {
      ...headers,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    }
    const preflight = await rawRequest(`${gateway.urls[service]}/users`, { method: 'OPTIONS', headers: asked })
    expect(preflight.headers['access-control-allow-origin']).toBeUndefined()
    const path = isPublic ? '/api/v1/me' : '/users'
    const read = await rawRequest(gateway.urls[service] + path, { method: 'GET', headers: { cookie, ...headers } })
    expect(read.headers['access-control-allow-origin']).toBeUndefined()
    expect(await customers()).toBe(before)
  })

  test('by a name that was made to point here is not served', async () => {
    const before = await customers()
    for (const name of ['evil.example', 'localhost.evil.example', '169.254.169.254', '0.0.0.0', '[::ffff:127.0.0.1]']) {
      for (const host of [name, `${name}:${port()}`]) {
        expectRefused(await writes[service]({ ...json, host }), 421, host)
        expectRefused(await writes[service]({ ...json, host, origin: `http://${host}` }), 421, host)
        const read = await rawRequest(gateway.urls[service], { method: 'GET', headers: { host } })
        expectRefused(read, 421, host)
      }
    }
    expect(await customers()).toBe(before)
  })

  test('without saying where it comes from sends no form', async () => {
    const before = await customers()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])
      expectRefused(await writes[service]({ 'content-type': type }), 415, type)
    expect(await customers()).toBe(before)
  })

  test('of ours reads and writes', async () => {
    const before = await customers()
    const origins = isPublic ? ['http://localhost:5173', 'http://127.0.0.1:8000'] : ['http://localhost:5173', 'null']
    for (const origin of origins) {
      const written = await writes[service]({ ...json, origin })
      expect(written.status, written.text).toBe(201)
      expect(written.headers['access-control-allow-origin']).toBe(origin)
      expect(written.headers['access-control-allow-credentials']).toBe(isPublic ? 'true' : undefined)
    }
    expect(await customers()).toBe(before + origins.length)
  })
})

test('the cookie of our own pages reads, and writes from their origins alone', async () => {
  const refresh = (headers: Record<string, string>) =>
    rawRequest(`${gateway.urls.gateway}/api/v1/auth/refresh`, { method: 'POST', headers: { cookie, ...headers } })
  for (const headers of [
    {},
    { origin: 'null' },
    { origin: 'https://evil.example' },
    { referer: 'http://localhost:5173/' },
  ])
    expectRefused(await refresh(headers), 403, JSON.stringify(headers))
  expect((await refresh({ origin: 'http://localhost:5173' })).status).toBe(200)
  const read = await rawRequest(`${gateway.urls.gateway}/api/v1/me`, { method: 'GET', headers: { cookie } })
  expect(read.status).toBe(200)
})

test('every answer of the gateway says that it is no page, is not to be framed, kept or guessed at', async () => {
  const evil = { origin: 'https://evil.example' }
  const asked: [path: string, status: number, headers?: Record<string, string>, method?: string][] = [
    ['/api/v1/me', 200, staff],
    ['/api/v1/me', 401],
    ['/api/v1/products', 503],
    ['/api/v1/nothing', 404],
    ['/api/v1/customers?limit=x', 422, staff],
    ['/api/v1/auth/login', 403, evil, 'POST'],
    ['/api/v1/me', 421, { host: 'evil.example' }],
    ['/api/v1/auth/login', 415, { 'content-type': 'text/plain' }, 'POST'],
  ]
  for (const [path, status, headers = {}, method = 'GET'] of asked) {
    const answer = await rawRequest(gateway.urls.gateway + path, { method, headers })
    expect(answer.status, path).toBe(status)
    expect(answer.headers, `${path} ${status}`).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    })
    expect(answer.headers, path).not.toHaveProperty('x-powered-by')
    expect(answer.headers, path).not.toHaveProperty('server')
    // A browser that was told so once could not come back by HTTP to a machine to try things out on.
    expect(answer.headers, path).not.toHaveProperty('strict-transport-security')
  }
  const docs = await rawRequest(`${gateway.urls.gateway}/docs/`, { method: 'GET' })
  expect(docs.headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(docs.headers).toMatchObject({ 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' })
})
