import { createHash, createHmac, createPrivateKey, generateKeyPairSync, sign as signWith } from 'node:crypto'
import { type Answer, waitFor } from '@kakilima/testkit/call'
import { runCommand } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer, newGuest, newStaff, type Signed, signIn } from './people.ts'
import { type Gateway, openPublicDoor, type PublicDoor } from './public-door.ts'

const secret = 'Vq3xZ8mTn5wLc2Rk7yHd4Gs9Jb6Pf1Ae'
const nextSecret = 'nB7uYt4Ew1Qz8Xc5Vm2Kj9Hg6Fd3Sa0L'

let door: PublicDoor
let one: Gateway
let other: Gateway
/** The name of the key, as it stands in tokens that the shop makes. */
let kid: string

beforeAll(async () => {
  door = await openPublicDoor({ JWT_SECRETS: secret })
  ;[one, other] = await Promise.all([door.startGateway(), door.startGateway()])
  const { headers } = await newGuest(one.api)
  kid = headerOf(headers).kid
})

afterAll(() => door.stop())

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

function headerOf({ authorization }: Signed): any {
  return JSON.parse(Buffer.from(authorization.slice('Bearer '.length).split('.')[0]!, 'base64url').toString())
}

const me = ({ api }: Gateway, headers: Signed) => api.get('gateway', '/api/v1/me', headers)

describe('a token', () => {
  const now = Math.floor(Date.now() / 1000)
  const claims = { sub: '1', sid: 1, role: 'customer', aud: 'kakilima', iat: now, exp: now + 3600 }
  const without = (name: keyof typeof claims) => ({ ...claims, [name]: undefined })

  /** Signs whatever is given as the shop would, apart from the code of the shop. */
  function sign(body: unknown, header: unknown = {}, key = secret, hash = 'sha256'): string {
    const head = typeof header === 'object' ? { alg: 'HS256', typ: 'JWT', kid, ...header } : header
    const signed = `${encode(head)}.${encode(body)}`
    return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`
  }

  test('that is right is taken, though the test has made it', async () => {
    const answer = await me(one, bearer(sign(claims)))
    expect(answer).toMatchObject({ status: 200, body: { id: 1, name: 'Sari' } })
  })

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const publicKey = rsa.publicKey.export({ type: 'spki', format: 'pem' })
  const rsaSigned = `${encode({ alg: 'RS256', typ: 'JWT', kid })}.${encode(claims)}`
  const rsaKey = createPrivateKey(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const kidOf = (key: string) => createHash('sha256').update(key).digest('hex').slice(0, 8)
  const day = 24 * 60 * 60

  // Each is wrong in one way. They are functions, since the key's name is known only when the shop runs.
  const wrong: Record<string, () => string> = {
    'of no algorithm': () => `${encode({ alg: 'none', typ: 'JWT', kid })}.${encode(claims)}.`,
    'of no algorithm, in capitals': () => `${encode({ alg: 'NONE', typ: 'JWT', kid })}.${encode(claims)}.`,
    'of no algorithm, with a signature': () => sign(claims, { alg: 'none' }),
    'without an algorithm': () => sign(claims, { alg: undefined }),
    'of another algorithm by its word alone': () => sign(claims, { alg: 'HS512' }),
    'of another algorithm with the right key': () => sign(claims, { alg: 'HS512' }, secret, 'sha512'),
    'that says RS256 and is HS256': () => sign(claims, { alg: 'RS256' }),
    'signed by RSA': () => `${rsaSigned}.${signWith('sha256', Buffer.from(rsaSigned), rsaKey).toString('base64url')}`,
    'whose HMAC key is the text of a public key': () => sign(claims, {}, publicKey.toString()),
    'that brings its key along': () => sign(claims, { jwk: { kty: 'oct', k: encode('mine') } }, 'mine'),
    'signed with another key': () => sign(claims, {}, nextSecret),
    'signed with another key, by its own name': () => sign(claims, { kid: kidOf(nextSecret) }, nextSecret),
    'signed with an empty key': () => sign(claims, { kid: '' }, ''),
    'without the name of a key': () => sign(claims, { kid: undefined }),
    'whose key is a path': () => sign(claims, { kid: '../../../../dev/null' }, ''),
    'whose key is SQL': () => sign(claims, { kid: "' union select 'mine' --" }, 'mine'),
    'whose key is in every object': () => sign(claims, { kid: '__proto__' }, 'undefined'),
    'whose key is in a list': () => sign(claims, { kid: [kid] }),
    'whose key is an object': () => sign(claims, { kid: {} }),
    'that wants something unknown': () => sign(claims, { crit: ['mine'], mine: true }),
    'whose header is null': () => sign(claims, 'null'),
    'whose header is a list': () => sign(claims, '[]'),
    'whose header is no JSON': () => sign(claims, '{'),
    expired: () => sign({ ...claims, exp: now - 1 }),
    'that never expires': () => sign(without('exp')),
    'whose end is a text': () => sign({ ...claims, exp: String(now + 3600) }),
    'not valid yet': () => sign({ ...claims, nbf: now + 3600 }),
    'older than a session': () => sign({ ...claims, iat: now - 3 * day - 60 }),
    'of no age': () => sign(without('iat')),
    'for somebody else': () => sign({ ...claims, aud: 'another shop' }),
    'for nobody': () => sign(without('aud')),
    'of nobody': () => sign(without('sub')),
    'of no session': () => sign(without('sid')),
    'of no role': () => sign(without('role')),
    'of a role that there is not': () => sign({ ...claims, role: 'owner' }),
    'of several roles': () => sign({ ...claims, role: ['admin'] }),
    'of nothing': () => sign('null'),
    'of a list': () => sign('[]'),
    'of no JSON': () => sign('{'),
  }
  for (const sub of [
    null,
    '',
    ' ',
    0,
    1,
    true,
    [1],
    ['1'],
    {},
    '0',
    '-1',
    '1.5',
    '01',
    '0x1',
    '1e0',
    '9007199254740993',
  ])
    wrong[`of the user ${JSON.stringify(sub)}`] = () => sign({ ...claims, sub })
  for (const sid of [null, '1', 0, -1, 1.5, true, [1], {}, 2 ** 53])
    wrong[`of the session ${JSON.stringify(sid)}`] = () => sign({ ...claims, sid })

  test.each(Object.keys(wrong))('%s is refused', async (name) => {
    const headers = bearer(wrong[name]!())
    for (const path of ['/api/v1/me', '/api/v1/orders']) {
      const answer = await one.api.get('gateway', path, headers)
      expect(answer.status, JSON.stringify(answer.body)).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      expect(answer.body).toMatchObject({ type: '/problems/unauthorized', error: 'Sign in first' })
    }
  })

  test('that was altered is refused, wherever it was', async () => {
    const good = sign(claims)
    const [head, body, signature] = good.split('.') as [string, string, string]
    const altered = [
      `${head}.${encode({ ...claims, role: 'admin' })}.${signature}`,
      `${head}.${encode({ ...claims, sub: '2' })}.${signature}`,
      `${head}.${body}.${signature.slice(0, -2)}`,
      `${head}.${body}.`,
      `${head}.${body}`,
      `${head}.${body}.${signature}.${signature}`,
      `${head}..${signature}`,
      `.${body}.${signature}`,
      `${good} ${good}`,
      'x'.repeat(8000),
      '..',
      '',
    ]
    for (const part of [0, 1, 2]) {
      const parts = good.split('.')
      const middle = Math.floor(parts[part]!.length / 2)
      const letter = parts[part]![middle] === 'A' ? 'B' : 'A'
      parts[part] = parts[part]!.slice(0, middle) + letter + parts[part]!.slice(middle + 1)
      altered.push(parts.join('.'))
    }
    // Before and after the right one, which is remembered once it was checked.
    for (const token of altered) expect((await me(one, bearer(token))).status, token).toBe(401)
    expect((await me(one, bearer(good))).status).toBe(200)
    for (const token of altered) expect((await me(one, bearer(token))).status, token).toBe(401)
  })

  test('is taken from the header or the cookie, and from nowhere else', async () => {
    const token = sign(claims)
    for (const path of [`/api/v1/me?token=${token}`, `/api/v1/me?access_token=${token}`])
      expect((await one.api.get('gateway', path)).status).toBe(401)
    for (const headers of [{ 'x-access-token': token }, { authorization: `Basic ${token}` }, { authorization: token }])
      expect((await one.api.get('gateway', '/api/v1/me', headers as Record<string, string>)).status).toBe(401)
  })
})

describe('on every gateway', () => {
  const password = 'kata sandi lama'
  const newPassword = 'kata sandi baru'
  const isDead = ({ status }: Answer) => status === 401

  async function newAccount(email: string): Promise<Signed> {
    await one.api.post('gateway', '/api/v1/auth/register', { name: 'Budi', email, password })
    return signIn(one.api, email, password)
  }

  test('a logout, a new password and a ban end the old sessions, and no others', async () => {
    const inUserDatabase = { USER_DATABASE_URL: door.userDatabase }
    const [rina, chief] = [await newStaff('staff', inUserDatabase), await newStaff('admin', inUserDatabase)]
    const [staff, admin] = [
      await signIn(one.api, rina.email, rina.password),
      await signIn(one.api, chief.email, chief.password),
    ]
    const { headers: guest } = await newGuest(one.api)
    const [budi, ani] = [await newAccount('budi@example.com'), await newAccount('ani@example.com')]
    const alsoBudi = await signIn(other.api, 'budi@example.com', password)
    const { headers: bystander } = await newGuest(one.api)
    const ending = [guest, budi, alsoBudi, ani, staff]
    for (const headers of [...ending, bystander]) expect((await me(other, headers)).status).toBe(200)

    expect((await one.api.post('gateway', '/api/v1/auth/logout', undefined, guest)).status).toBe(200)
    const change = { current_password: password, new_password: newPassword }
    const changed = await one.api.put('gateway', '/api/v1/me/password', change, budi)
    expect(changed.status, JSON.stringify(changed.body)).toBe(200)
    expect(changed.headers.get('set-cookie')).toMatch(/^kakilima_session=;/)
    const banOfAni = `/api/v1/customers/${(await me(one, ani)).body.id}/ban`
    const ban = await one.api.put('gateway', banOfAni, undefined, staff)
    expect(ban).toMatchObject({ status: 200, body: { email: 'ani@example.com' } })
    // Somebody who worked here is locked out by the one who runs the shop.
    const lockedOut = await runCommand(['user', 'ban', '--email', rina.email], inUserDatabase)
    expect(lockedOut.code, lockedOut.output).toBe(0)

    // At once where it was said, and everywhere else in time.
    for (const headers of [guest, budi]) expect((await me(one, headers)).status).toBe(401)
    for (const headers of ending) await waitFor(() => me(other, headers), isDead, 60_000)
    for (const headers of ending)
      expect((await other.api.post('gateway', '/api/v1/auth/refresh', undefined, headers)).status).toBe(401)
    expect((await me(other, bystander)).status).toBe(200)

    const login = (email: string, word: string) =>
      other.api.post('gateway', '/api/v1/auth/login', { email, password: word })
    expect((await login('budi@example.com', password)).status).toBe(401)
    expect((await login('budi@example.com', newPassword)).status).toBe(200)
    const refusal = { status: 401, body: { error: 'invalid credentials' } }
    expect(await login(rina.email, rina.password)).toMatchObject(refusal)
    expect(await login('ani@example.com', password)).toMatchObject(refusal)
    // Who may come back has to sign in.
    expect((await one.api.delete('gateway', banOfAni, admin)).status).toBe(200)
    expect((await me(other, ani)).status).toBe(401)
    expect((await me(other, await signIn(other.api, 'ani@example.com', password))).status).toBe(200)
  })

  test('a password is changed by who knows it, a few guesses a minute', async () => {
    const dewi = await newAccount('dewi@example.com')
    const guess = (current_password: string) =>
      one.api.put('gateway', '/api/v1/me/password', { current_password, new_password: newPassword }, dewi)
    const statuses: number[] = []
    for (let attempt = 0; attempt < 12; attempt++) statuses.push((await guess(`guess ${attempt}`)).status)
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429])
    expect((await guess(password)).status).toBe(429)
    expect((await me(one, dewi)).status).toBe(200)
    const { headers: guest } = await newGuest(one.api)
    const none = await one.api.put(
      'gateway',
      '/api/v1/me/password',
      { current_password: '', new_password: password },
      guest,
    )
    expect(none.status).toBe(401)
  })
})

test('keys rotate: old tokens are good as long as the old key is named, and new ones are signed with the new', async () => {
  const { headers: old } = await newGuest(one.api)
  const [both, onlyNew] = await Promise.all([
    door.startGateway({ JWT_SECRETS: `${nextSecret}, ${secret}` }),
    door.startGateway({ JWT_SECRETS: nextSecret }),
  ])
  expect((await me(both, old)).status).toBe(200)
  expect((await me(onlyNew, old)).status).toBe(401)
  const refreshed = await both.api.post('gateway', '/api/v1/auth/refresh', undefined, old)
  const renewed = bearer(refreshed.body.token)
  expect(headerOf(renewed).kid).not.toBe(kid)
  for (const gateway of [both, onlyNew]) expect((await me(gateway, renewed)).status).toBe(200)
  expect((await me(one, renewed)).status).toBe(401)
})
