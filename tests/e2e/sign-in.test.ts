import { randomBytes } from 'node:crypto'
import { type RawAnswer, rawRequest } from '@kakilima/testkit/raw-request'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bearer, newStaff, type Signed, signIn } from './people.ts'
import { type Gateway, openPublicDoor, type PublicDoor } from './public-door.ts'

const triesOfAddress = 40
const triesOfAccount = 10
const password = 'kata sandi Budi'

let door: PublicDoor
let gateway: Gateway

beforeAll(async () => {
  const secret = () => randomBytes(33).toString('base64url')
  door = await openPublicDoor({ NODE_ENV: 'production', SERVICE_TOKEN: secret(), JWT_SECRETS: secret() })
  gateway = await door.startGateway({
    RATE_LIMIT_ADDRESS: String(triesOfAddress),
    RATE_LIMIT_ACCOUNT: String(triesOfAccount),
  })
  const account = { name: 'Budi', email: 'budi@example.com', password }
  expect((await post('/register', account, '127.0.0.1')).status).toBe(201)
})

afterAll(() => door.stop())

function post(
  path: string,
  body: unknown,
  localAddress: string,
  more: Record<string, string> = {},
): Promise<RawAnswer> {
  const headers = { 'content-type': 'application/json', ...more }
  return rawRequest(`${gateway.urls.gateway}/api/v1/auth${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    localAddress,
  })
}

let count = 0
/** What proxies write and anybody can: another address each time. */
function spoofed(): Record<string, string> {
  const address = `203.0.113.${count++ % 250}`
  return {
    'x-forwarded-for': `${address}, 198.51.100.${count % 250}`,
    'x-real-ip': address,
    'x-client-ip': address,
    'cf-connecting-ip': address,
    forwarded: `for=${address}`,
  }
}

function statusesOf(answers: RawAnswer[]): Record<number, number> {
  return Object.fromEntries([401, 429].map((status) => [status, answers.filter((one) => one.status === status).length]))
}

async function inTurn(tries: number, attempt: (index: number) => Promise<RawAnswer>): Promise<RawAnswer[]> {
  const answers: RawAnswer[] = []
  for (let index = 0; index < tries; index++) answers.push(await attempt(index))
  return answers
}

// 127.0.0.2 and so on are addresses of this machine on Linux alone.
test.runIf(process.platform === 'linux')(
  'one account is guessed at ten times a minute, from however many addresses and in whatever spelling',
  async () => {
    const spellings = ['budi@example.com', 'BUDI@example.com', ' Budi@Example.Com ', 'budi@EXAMPLE.com']
    const answers = await inTurn(300, (index) =>
      post(
        '/login',
        { email: spellings[index % 4], password: `guess ${index}` },
        `127.0.0.${2 + (index % 19)}`,
        spoofed(),
      ),
    )
    expect(statusesOf(answers)).toEqual({ 401: triesOfAccount, 429: 300 - triesOfAccount })
    for (const { status, headers, text } of answers.slice(-5)) {
      expect(status).toBe(429)
      expect(JSON.parse(text)).toMatchObject({ type: '/problems/too-many-requests', error: expect.any(String) })
      expect(Number(headers['retry-after'])).toBeGreaterThan(0)
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60)
    }
  },
)

test.runIf(process.platform === 'linux')(
  'one address guesses at many accounts, registers and begins as a guest forty times a minute in all, whatever it calls itself',
  async () => {
    const address = '127.0.0.30'
    const answers = await inTurn(100, (index) =>
      post('/login', { email: `customer-${index}@example.com`, password }, address, spoofed()),
    )
    expect(statusesOf(answers)).toEqual({ 401: triesOfAddress, 429: 100 - triesOfAddress })
    const others = [
      await post('/guest', { name: 'Sari', phone: '081234567890' }, address, spoofed()),
      await post('/register', { name: 'Sari', email: 'sari@example.com', password }, address, spoofed()),
    ]
    expect(others.map(({ status }) => status)).toEqual([429, 429])
    // Nobody else is held up by that.
    expect((await post('/guest', { name: 'Sari', phone: '081234567890' }, '127.0.0.31')).status).toBe(201)
  },
)

test.runIf(process.platform === 'linux')(
  'a proxy that is trusted says which address counts, and no other program does',
  async () => {
    const proxied = await door.startGateway({ RATE_LIMIT_ADDRESS: '2', TRUSTED_PROXIES: '127.0.0.40, 10.0.0.0/8' })
    const guest = async (localAddress: string, forwardedFor: string) => {
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': forwardedFor }
      const body = JSON.stringify({ name: 'Sari', phone: '081234567890' })
      const url = `${proxied.urls.gateway}/api/v1/auth/guest`
      return (await rawRequest(url, { method: 'POST', headers, body, localAddress })).status
    }
    const [proxy, stranger] = ['127.0.0.40', '127.0.0.41']
    expect([await guest(proxy, '203.0.113.1'), await guest(proxy, '203.0.113.1')]).toEqual([201, 201])
    expect(await guest(proxy, '203.0.113.1')).toBe(429)
    // What the customer wrote before the proxy added its address counts for nothing.
    expect(await guest(proxy, '198.51.100.9, 203.0.113.1')).toBe(429)
    expect(await guest(proxy, '203.0.113.2, 10.1.2.3')).toBe(201)
    expect([await guest(stranger, '203.0.113.3'), await guest(stranger, '203.0.113.4')]).toEqual([201, 201])
    expect(await guest(stranger, '203.0.113.5')).toBe(429)
  },
)

test('a refusal tells nothing about who has an account', async () => {
  await post('/register', { name: 'Ani', email: 'ani@example.com', password }, '127.0.0.1')
  const shown = ({ status, headers, text }: RawAnswer) => {
    const { instance: _, ...body } = JSON.parse(text)
    const { date: _date, 'x-request-id': _id, 'content-length': length, 'retry-after': _after, ...others } = headers
    // The sentence of a 429 says how many seconds are left.
    return status === 429 ? { status, type: body.type, others: Object.keys(others) } : { status, body, length, others }
  }
  const known = await inTurn(triesOfAccount + 3, () =>
    post('/login', { email: 'ani@example.com', password: 'x' }, '127.0.0.1'),
  )
  const unknown = await inTurn(triesOfAccount + 3, () =>
    post('/login', { email: 'eve@example.com', password: 'x' }, '127.0.0.1'),
  )
  expect(known.map(shown)).toEqual(unknown.map(shown))
  expect(JSON.parse(known[0]!.text)).toMatchObject({ status: 401, error: 'invalid credentials' })
  expect(known.at(-1)!.status).toBe(429)
})

test('in production a browser keeps the session for this site, over HTTPS and out of reach of scripts', async () => {
  const { headers } = await post('/guest', { name: 'Dewi', phone: '081234567890' }, '127.0.0.1')
  const [cookie] = headers['set-cookie'] as string[]
  for (const part of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/']) expect(cookie).toContain(`; ${part}`)
  expect(headers['strict-transport-security']).toMatch(/^max-age=\d{7,}/)
})

test('on the internal network staff may show the token of their session: viewers look, customers stay out', async () => {
  const call = (method: string, path: string, headers: Record<string, string> = {}) =>
    rawRequest(door.urls.user + path, { method, headers })
  const inUserDatabase = { USER_DATABASE_URL: door.userDatabase }
  const signed: Record<string, Signed> = {}
  for (const role of ['viewer', 'staff', 'admin'] as const) {
    const { email, password: word } = await newStaff(role, inUserDatabase)
    signed[role] = await signIn(gateway.api, email, word)
  }
  const guest = JSON.parse((await post('/guest', { name: 'Dewi', phone: '081234567890' }, '127.0.0.1')).text)
  signed.customer = bearer(guest.token)
  const ban = `/accounts/${guest.user.id}/ban`
  const expected = { viewer: [200, 403], customer: [403, 403], admin: [200, 200], staff: [200, 200] }
  for (const [role, [reading, writing]] of Object.entries(expected)) {
    expect((await call('GET', '/users', signed[role])).status, role).toBe(reading)
    expect((await call('DELETE', ban, signed[role])).status, role).toBe(writing)
  }
  for (const authorization of ['', 'Bearer a.b.c', 'Bearer nonsense', `${signed.admin!.authorization}x`])
    expect((await call('GET', '/users', { authorization })).status, authorization).toBe(401)

  // Who changed something is whose token it was, whatever else is said.
  expect((await call('POST', ban, { ...signed.staff, 'x-actor-id': '1' })).status).toBe(200)
  const me = await gateway.api.get('gateway', '/api/v1/me', signed.staff)
  const { text } = await call('GET', `/audit-log?subject=account:${guest.user.id}`, signed.admin)
  expect(JSON.parse(text)[0]).toMatchObject({ action: 'account.ban', actor_id: me.body.id })

  await gateway.api.post('gateway', '/api/v1/auth/logout', undefined, signed.staff)
  expect((await call('GET', '/users', signed.staff)).status).toBe(401)
  await gateway.process.stop()
  const away = await call('GET', '/users', signed.admin)
  expect([away.status, away.headers['retry-after']]).toEqual([503, '1'])
})
