import type { Answer } from '@kakilima/testkit/call'
import { waitFor } from '@kakilima/testkit/call'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newStaff, type Signed, signIn } from './people.ts'
import { type Gateway, openPublicDoor, type PublicDoor } from './public-door.ts'

let door: PublicDoor
let one: Gateway
let other: Gateway
let admin: Signed

beforeAll(async () => {
  door = await openPublicDoor({ JWT_SECRETS: 'Vq3xZ8mTn5wLc2Rk7yHd4Gs9Jb6Pf1Ae', LOG_LEVEL: 'trace' })
  one = await door.startGateway()
  other = await door.startGateway()
  const { email, password } = await newStaff('admin', { USER_DATABASE_URL: door.userDatabase })
  admin = await signIn(one.api, email, password)
})

afterAll(() => door.stop())

const me = (gateway: Gateway, headers: Signed): Promise<Answer> => gateway.api.get('gateway', '/api/v1/me', headers)

/** Somebody whom the admin added in the panel, signed in at both gateways. */
async function newMember(role: 'viewer' | 'staff' | 'admin') {
  const email = `${crypto.randomUUID()}@example.com`
  const added = await one.api.post('gateway', '/api/v1/staff', { name: 'Rina', email, role }, admin)
  expect(added.status, JSON.stringify(added.body)).toBe(201)
  const { account, password } = added.body
  return { id: account.id as number, email, password, headers: await signIn(other.api, email, password) }
}

const endings: [string, (id: number) => Promise<Answer>][] = [
  ['another role', (id) => one.api.put('gateway', `/api/v1/staff/${id}`, { role: 'viewer' }, admin)],
  ['a ban', (id) => one.api.put('gateway', `/api/v1/staff/${id}/ban`, undefined, admin)],
  ['a new password', (id) => one.api.post('gateway', `/api/v1/staff/${id}/password`, undefined, admin)],
]

test.each(endings)('after %s a token is dead at once where it was asked for, and soon elsewhere', async (_, end) => {
  const { id, headers } = await newMember('staff')
  for (const gateway of [one, other]) expect((await me(gateway, headers)).status).toBe(200)
  const answer = await end(id)
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  expect((await me(one, headers)).status).toBe(401)
  await waitFor(
    () => me(other, headers),
    ({ status }) => status === 401,
  )
})

test('a made-up password signs in, once a new one was made up no more, and stands in no log of a service', async () => {
  const { id, email, password } = await newMember('staff')
  const reset = await one.api.post('gateway', `/api/v1/staff/${id}/password`, undefined, admin)
  await signIn(one.api, email, reset.body.password)
  const login = await one.api.post('gateway', '/api/v1/auth/login', { email, password })
  expect(login.status).toBe(401)
  expect(reset.headers.get('cache-control')).toContain('no-store')
  for (const secret of [password, reset.body.password, admin.authorization])
    expect(one.process.output() + other.process.output() + door.output()).not.toContain(secret)
})

test('the open port of the user service makes nobody an admin, whomever a caller names', async () => {
  const { headers: ofStaff } = await newMember('staff')
  const body = { name: 'Mallory', email: 'mallory@example.com', role: 'admin' }
  const token = (headers: Signed) => headers.authorization.slice('Bearer '.length)
  const tries: [Record<string, string>, number][] = [
    [{}, 401],
    [{ 'x-actor-id': '1' }, 401],
    [admin, 401],
    [{ 'x-session-token': 'a.b.c' }, 401],
    [{ 'x-session-token': token(ofStaff) }, 403],
  ]
  for (const [headers, status] of tries) {
    const answer = await one.api.post('user', '/staff', body, headers)
    expect(answer.status, JSON.stringify([headers, answer.body])).toBe(status)
  }
  const proof = { 'x-session-token': token(admin) }
  expect((await one.api.post('user', '/staff', body, proof)).status).toBe(201)
})
