import type { Role } from '@kakilima/contracts/account'
import { sessionTokenHeader } from '@kakilima/kit/request-context'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { auditLogOf, whileAuditLogIsFull } from '@kakilima/testkit/audit-log'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { holdLock, lockRows } from '@kakilima/testkit/hold-lock'
import { countDeadlocks, untilBlocked } from '@kakilima/testkit/until-blocked'
import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { accountColumns } from '../accounts/account.ts'
import { banAccount } from '../accounts/ban-account.ts'
import { createAccount } from '../accounts/create-account.ts'
import { buildApp } from '../app.ts'
import { readUserConfig } from '../config.ts'
import type { UserTables } from '../database.ts'
import { createPasswordHasher } from '../password-hasher.ts'
import { openSession } from '../sessions/open-session.ts'
import { banStaffMember } from './lock-out.ts'
import { changeStaffMember } from './change-staff-member.ts'

const db = await testDatabase<UserTables>('user')
const config = readUserConfig(testEnvironment({ DATABASE_URL: 'postgres://unused' }))
const hasher = createPasswordHasher()
/** The gateway, to which a token is the id of the account. */
const findAccount = (authorization: string) =>
  db
    .selectFrom('users')
    .select(accountColumns)
    .where('id', '=', Number(authorization.slice('Bearer '.length)))
    .executeTakeFirst()
const app = await buildApp({ config, db, logger: silentLogger(), hasher, findAccount })
afterAll(() => app.close())

const [chief, second, rina, budi] = [1, 2, 3, 4]
const password = 'kata sandi'

beforeEach(async () => {
  await sql`truncate audit_log, users, sessions restart identity`.execute(db)
  const people: [string, Role][] = [
    ['Chief', 'admin'],
    ['Second', 'admin'],
    ['Rina', 'staff'],
    ['Budi', 'customer'],
  ]
  for (const [name, role] of people)
    await createAccount(db, hasher, { name, email: `${name}@example.com`, password }, role)
  await sql`truncate audit_log`.execute(db)
})

function call(as: number | string | undefined, method: 'POST' | 'PUT' | 'DELETE', url: string, payload?: object) {
  return app.inject({
    method,
    url,
    headers: as === undefined ? {} : { [sessionTokenHeader]: String(as) },
    ...(payload !== undefined && { payload }),
  })
}

const signIn = (email: string, word: string) =>
  app.inject({ method: 'POST', url: '/sessions', payload: { email, password: word } })

const openSessionsOf = async (userId: number) =>
  (await db.selectFrom('sessions').select('id').where('user_id', '=', userId).where('ended_at', 'is', null).execute())
    .length

const roleOf = async (id: number) =>
  (await db.selectFrom('users').select('role').where('id', '=', id).executeTakeFirstOrThrow()).role

const isLockedOut = async (id: number) =>
  (await db.selectFrom('users').select('banned_at').where('id', '=', id).executeTakeFirstOrThrow()).banned_at !== null

/** Every way to change who works here. */
const changes: [string, 'POST' | 'PUT' | 'DELETE', string, object?][] = [
  ['adding one', 'POST', '/staff', { name: 'Dewi', email: 'dewi@example.com', role: 'admin' }],
  ['another role', 'PUT', `/staff/${rina}`, { role: 'admin' }],
  ['another name', 'PUT', `/staff/${rina}`, { name: 'Rina S.' }],
  ['a ban', 'PUT', `/staff/${rina}/ban`],
  ['the end of a ban', 'DELETE', `/staff/${rina}/ban`],
  ['a new password', 'POST', `/staff/${rina}/password`],
]

describe.each(changes)('%s', (_, method, url, payload) => {
  test.each([
    ['nobody', undefined, 401],
    ['a token that does not count', 99, 401],
    ['one of the staff', rina, 403],
    ['a customer', budi, 403],
  ])('asked for by %s changes nothing', async (_who, as, status) => {
    const before = await db.selectFrom('users').selectAll().orderBy('id').execute()
    // Whom a caller names without a token is not believed.
    const headers = { 'x-actor-id': String(chief), ...(as !== undefined && { [sessionTokenHeader]: String(as) }) }
    const answer = await app.inject({ method, url, headers, ...(payload !== undefined && { payload }) })
    expect(answer.statusCode, answer.body).toBe(status)
    expect(await db.selectFrom('users').selectAll().orderBy('id').execute()).toEqual(before)
    expect(await auditLogOf(db)).toEqual([])
  })
})

test('all but customers are listed, and their passwords are not', async () => {
  await banAccount(db, rina)
  const answer = await app.inject('/staff')
  const time = expect.stringMatching(/Z$/)
  expect(answer.json()).toEqual([
    {
      id: 1,
      name: 'Chief',
      email: 'Chief@example.com',
      phone: null,
      role: 'admin',
      language: 'id',
      banned_at: null,
      created_at: time,
    },
    expect.objectContaining({ id: 2 }),
    expect.objectContaining({ id: 3, role: 'staff', banned_at: time }),
  ])
})

describe('somebody new', () => {
  test('gets a password that is told once, and signs in with it', async () => {
    const answer = await call(chief, 'POST', '/staff', { name: ' Dewi ', email: 'dewi@example.com', role: 'viewer' })
    const { account, password: madeUp } = answer.json()
    expect([answer.statusCode, account]).toMatchObject([201, { id: 5, name: 'Dewi', role: 'viewer', banned_at: null }])
    expect(madeUp).toMatch(/^[\w-]{20}$/)
    expect((await signIn('dewi@example.com', madeUp)).json().user).toMatchObject({ id: 5, role: 'viewer' })
    const log = await auditLogOf(db)
    expect(log).toMatchObject([{ action: 'account.create', subject_id: 5, actor_id: chief, before: null }])
    expect(JSON.stringify(log)).not.toContain(madeUp)
  })

  test('has the password that was given, which is not told again', async () => {
    const given = { name: 'Dewi', email: 'dewi@example.com', role: 'staff', password: 'pilihan sendiri' }
    const answer = await call(chief, 'POST', '/staff', given)
    expect(answer.json()).toMatchObject({ account: { role: 'staff' }, password: null })
    expect((await signIn('dewi@example.com', 'pilihan sendiri')).statusCode).toBe(201)
  })

  test('with an address that has an account is refused', async () => {
    const answer = await call(chief, 'POST', '/staff', { name: 'Budi', email: ' BUDI@example.com', role: 'staff' })
    expect([answer.statusCode, answer.json().type]).toEqual([409, '/problems/email-taken'])
    expect(await roleOf(budi)).toBe('customer')
  })

  test.each(['customer', 'owner', undefined])('cannot have the role %s', async (role) => {
    const answer = await call(chief, 'POST', '/staff', { name: 'Dewi', email: 'dewi@example.com', role })
    expect(answer.statusCode).toBe(422)
  })
})

describe('a change', () => {
  test('of the role ends the sessions, one of the name does not, and both are logged', async () => {
    await signIn('rina@example.com', password)
    const named = await call(chief, 'PUT', `/staff/${rina}`, { name: ' Rina S. ', role: 'staff' })
    expect(named.json()).toMatchObject({ name: 'Rina S.', role: 'staff' })
    expect(await openSessionsOf(rina)).toBe(1)
    expect((await call(chief, 'PUT', `/staff/${rina}`, { role: 'admin' })).json()).toMatchObject({ role: 'admin' })
    expect(await openSessionsOf(rina)).toBe(0)
    expect(await auditLogOf(db)).toMatchObject([
      { action: 'account.update', subject_id: rina, actor_id: chief, before: { name: 'Rina' } },
      { action: 'account.update', actor_id: chief, before: { role: 'staff' }, after: { role: 'admin' } },
    ])
  })

  test('that changes nothing leaves no entry and no session ends', async () => {
    await signIn('rina@example.com', password)
    for (const body of [{}, { name: 'Rina' }, { role: 'staff' }])
      expect((await call(chief, 'PUT', `/staff/${rina}`, body)).statusCode).toBe(200)
    expect(await openSessionsOf(rina)).toBe(1)
    expect(await auditLogOf(db)).toEqual([])
  })

  test('without its entry in the audit log does not happen', async () => {
    await signIn('rina@example.com', password)
    await whileAuditLogIsFull(db, async () => {
      for (const [_, method, url, payload] of changes.filter(([name]) => name !== 'the end of a ban'))
        expect((await call(chief, method, url, payload)).statusCode).toBe(500)
    })
    expect([await roleOf(rina), await isLockedOut(rina), await openSessionsOf(rina)]).toEqual(['staff', false, 1])
    expect((await signIn('rina@example.com', password)).statusCode).toBe(201)
  })

  test('of a session that is being opened with the old role waits for it and ends it', async () => {
    const user = await db.selectFrom('users').selectAll().where('id', '=', rina).executeTakeFirstOrThrow()
    let change: Promise<unknown> | undefined
    await db.transaction().execute(async (tx) => {
      expect(await openSession(tx, user)).toBeDefined()
      change = changeStaffMember(db, chief, rina, { role: 'viewer' })
      await untilBlocked(db)
    })
    await change
    expect(await openSessionsOf(rina)).toBe(0)
    // And the one that comes after with what it read before is not opened.
    expect(await openSession(db, user)).toBeUndefined()
  })
})

test('a new password puts the old one and all sessions out, and stands in no log', async () => {
  await signIn('rina@example.com', password)
  const answer = await call(chief, 'POST', `/staff/${rina}/password`)
  const { password: madeUp } = answer.json()
  expect(await openSessionsOf(rina)).toBe(0)
  expect((await signIn('rina@example.com', password)).statusCode).toBe(401)
  expect((await signIn('rina@example.com', madeUp)).statusCode).toBe(201)
  const log = await auditLogOf(db)
  expect(log).toMatchObject([
    { action: 'account.reset_password', subject_id: rina, actor_id: chief, after: { has_new_password: true } },
  ])
  const { password_hash } = await db
    .selectFrom('users')
    .select('password_hash')
    .where('id', '=', rina)
    .executeTakeFirstOrThrow()
  for (const secret of [madeUp, password_hash!]) expect(JSON.stringify(log)).not.toContain(secret)
})

test('a ban locks out until it is lifted, each logged', async () => {
  await signIn('rina@example.com', password)
  expect((await call(chief, 'PUT', `/staff/${rina}/ban`)).json()).toMatchObject({ banned_at: expect.any(String) })
  expect(await openSessionsOf(rina)).toBe(0)
  expect((await signIn('rina@example.com', password)).statusCode).toBe(401)
  expect((await call(chief, 'DELETE', `/staff/${rina}/ban`)).json()).toMatchObject({ banned_at: null })
  expect((await signIn('rina@example.com', password)).statusCode).toBe(201)
  expect((await auditLogOf(db)).map(({ action, actor_id }) => [action, actor_id])).toEqual([
    ['account.ban', chief],
    ['account.unban', chief],
  ])
})

describe('nobody', () => {
  test.each(changes.filter(([name]) => name !== 'adding one' && name !== 'another name'))(
    'gets %s from oneself',
    async (_, method, url, payload) => {
      const own = url.replace(`/${rina}`, `/${chief}`)
      const answer = await call(chief, method, own, payload && { role: 'viewer' })
      expect([answer.statusCode, answer.json().type]).toEqual([409, '/problems/own-account'])
      expect([await roleOf(chief), await isLockedOut(chief)]).toEqual(['admin', false])
    },
  )

  test('is kept from another name of the own', async () => {
    const answer = await call(chief, 'PUT', `/staff/${chief}`, { name: 'The Chief', role: 'admin' })
    expect(answer.json()).toMatchObject({ name: 'The Chief', role: 'admin' })
  })

  test('bans or lets in a staff member as if it were a customer, nor a customer as if it were staff', async () => {
    for (const method of ['POST', 'DELETE'] as const) {
      const answer = await app.inject({ method, url: `/accounts/${rina}/ban` })
      expect([answer.statusCode, answer.json().type]).toEqual([404, '/problems/user-not-found'])
    }
    for (const [_, method, url, payload] of changes.filter(([name]) => name !== 'adding one')) {
      const answer = await call(chief, method, url.replace(`/${rina}`, `/${budi}`), payload)
      expect([answer.statusCode, answer.json().type]).toEqual([404, '/problems/user-not-found'])
    }
    expect(await isLockedOut(rina)).toBe(false)
  })

  test('locks out the last admin who can sign in, by the command line either', async () => {
    await banAccount(db, second)
    await expect(banAccount(db, chief)).rejects.toMatchObject({ type: 'last-admin' })
    expect(await isLockedOut(chief)).toBe(false)
  })
})

describe('two admins who put each other out at once', () => {
  const ways: [string, (actor: number, other: number) => Promise<unknown>][] = [
    ['by another role', (actor, other) => changeStaffMember(db, actor, other, { role: 'viewer' })],
    ['by a ban', (actor, other) => banStaffMember(db, actor, other)],
    ['by the command line', (_, other) => banAccount(db, other)],
  ]

  test.each(ways)('%s: one of them stays', async (_, putOut) => {
    const deadlocks = await countDeadlocks(db)
    for (let round = 0; round < 10; round++) {
      await sql`update users set role = 'admin', banned_at = null where id in (1, 2)`.execute(db)
      // Both have begun before either can go on.
      const held = await holdLock(db, (tx) => lockRows(tx, 'users'))
      const both = Promise.allSettled([putOut(chief, second), putOut(second, chief)])
      await untilBlocked(db, 2)
      await held.release()
      const outcomes = await both
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      const { reason } = outcomes.find((outcome) => outcome.status === 'rejected') as PromiseRejectedResult
      expect(['forbidden', 'last-admin']).toContain(reason.type)
      const { rows } = await sql`select 1 from users where role = 'admin' and banned_at is null`.execute(db)
      expect(rows).toHaveLength(1)
    }
    expect(await countDeadlocks(db)).toBe(deadlocks)
  })
})
