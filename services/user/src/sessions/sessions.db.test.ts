import { endedSessionsPage } from '@kakilima/contracts/account'
import { sessionClient } from '@kakilima/contracts/clients'
import { createNeighbor } from '@kakilima/kit/http-client'
import { listen } from '@kakilima/kit/server'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { untilBlocked } from '@kakilima/testkit/until-blocked'
import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { readUserConfig } from '../config.ts'
import type { UserTables } from '../database.ts'
import { createPasswordHasher, type PasswordHasher } from '../password-hasher.ts'
import { endSession } from './end-session.ts'
import { renewSession } from './renew-session.ts'

const db = await testDatabase<UserTables>('user')
const config = readUserConfig(testEnvironment({ DATABASE_URL: 'postgres://unused' }))
const argon2 = createPasswordHasher()
let verified = 0
const hasher: PasswordHasher = {
  hash: argon2.hash,
  verify: (stored, password) => {
    verified++
    return argon2.verify(stored, password)
  },
}
const app = await buildApp({ config, db, logger: silentLogger(), hasher })
afterAll(() => app.close())

const sari = { name: 'Sari', email: 'Sari@example.com', password: 'kata sandi' }
const post = (url: string, payload?: object) =>
  app.inject({ method: 'POST', url, ...(payload !== undefined && { payload }) })
const signIn = (email = sari.email, password = sari.password) => post('/sessions', { email, password })
const renew = (id: number) => post(`/sessions/${id}/renewal`)
const end = (id: number) => app.inject({ method: 'DELETE', url: `/sessions/${id}` })

beforeEach(async () => {
  await sql`truncate users, sessions restart identity`.execute(db)
  await post('/accounts', sari)
  verified = 0
})

async function endedIds(): Promise<number[]> {
  return (await app.inject('/sessions/ended')).json<{ id: number }[]>().map(({ id }) => id)
}

async function hoursLeft(id: number): Promise<number> {
  const { hours } = await db
    .selectFrom('sessions')
    .select(sql<number>`(extract(epoch from expires_at - clock_timestamp()) / 3600)::float8`.as('hours'))
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return hours
}

async function setHoursLeft(id: number, hours: number): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ expires_at: sql`clock_timestamp() + ${hours} * interval '1 hour'` })
    .where('id', '=', id)
    .execute()
}

describe('signing in', () => {
  test.each([sari.email, ' sari@EXAMPLE.com '])(
    'as %j with the password opens a session of 72 hours',
    async (email) => {
      const answer = await signIn(email)
      expect([answer.statusCode, answer.headers.location]).toEqual([201, '/sessions/1'])
      expect(answer.json()).toEqual({
        session: { id: 1, expires_at: expect.stringMatching(/Z$/) },
        user: { id: 1, name: 'Sari', email: 'Sari@example.com', phone: null, role: 'customer', language: 'id' },
      })
      expect(await hoursLeft(1)).toBeCloseTo(72, 1)
    },
  )

  test('fails with one answer after one comparison, whatever is wrong', async () => {
    await post('/accounts', { ...sari, email: 'banned@example.com' })
    await post('/accounts/2/ban')
    await post('/accounts', { ...sari, email: 'none@example.com' })
    await db.updateTable('users').set({ password_hash: null }).where('id', '=', 3).execute()
    await post('/guests', { name: 'Tamu', phone: '081234567890' })

    const tries = { unknown: 'unknown@example.com', banned: 'banned@example.com', none: 'none@example.com' }
    const bodies = new Set<string>()
    for (const [what, payload] of [
      ['a wrong password', { ...sari, password: 'kata sandI' }],
      ['a short password', { ...sari, password: '' }],
      ...Object.entries(tries).map(([name, email]) => [name, { ...sari, email }] as const),
    ] as const) {
      verified = 0
      const answer = await post('/sessions', payload)
      expect(verified, what).toBe(1)
      expect(answer.statusCode, what).toBe(401)
      expect(answer.headers.location, what).toBeUndefined()
      const { instance: _, ...body } = answer.json()
      bodies.add(JSON.stringify(body))
    }
    expect([...bodies].map((body) => JSON.parse(body))).toEqual([
      {
        type: '/problems/invalid-credentials',
        title: 'invalid credentials',
        status: 401,
        detail: 'invalid credentials',
      },
    ])
    expect(await db.selectFrom('sessions').select('user_id').execute()).toEqual([{ user_id: 4 }])
  })

  test('while a ban is being stored waits for it and is refused', async () => {
    let attempt: ReturnType<typeof signIn> | undefined
    await db.transaction().execute(async (tx) => {
      await tx
        .updateTable('users')
        .set({ banned_at: sql`clock_timestamp()` })
        .execute()
      attempt = signIn()
      void attempt.then(() => undefined)
      await untilBlocked(db)
    })
    expect((await attempt)?.statusCode).toBe(401)
    expect(await db.selectFrom('sessions').selectAll().execute()).toEqual([])
  })

  test('with a password that is replaced meanwhile is refused, or its session ends with the others', async () => {
    for (let round = 0; round < 20; round++) {
      await sql`truncate users, sessions restart identity`.execute(db)
      await post('/accounts', sari)
      const change = { current_password: sari.password, new_password: 'kata sandi baru' }
      const [answer] = await Promise.all([
        signIn(),
        app.inject({ method: 'PUT', url: '/accounts/1/password', payload: change }),
      ])
      expect([201, 401]).toContain(answer.statusCode)
      expect(await db.selectFrom('sessions').where('ended_at', 'is', null).selectAll().execute()).toEqual([])
    }
  })
})

describe('a guest', () => {
  const guest = { name: 'Tamu', phone: '0812-3456-7890' }

  test('is a new customer with a session', async () => {
    const answer = await post('/guests', { ...guest, role: 'admin', email: sari.email, password: sari.password })
    expect(answer.statusCode).toBe(201)
    expect(answer.json()).toEqual({
      session: { id: 1, expires_at: expect.stringMatching(/Z$/) },
      user: { id: 2, name: 'Tamu', email: null, phone: '0812-3456-7890', role: 'customer', language: 'id' },
    })
    expect((await app.inject('/users/2')).json()).toMatchObject({ name: 'Tamu', phone_e164: '+6281234567890' })
  })

  test('with the name and number of another is a customer of their own', async () => {
    const ids = (await Promise.all([post('/guests', guest), post('/guests', guest)])).map((one) => one.json().user.id)
    expect(new Set(ids)).toEqual(new Set([2, 3]))
  })

  test('without a plausible number is refused, and nothing is stored', async () => {
    expect((await post('/guests', { ...guest, phone: 'call me' })).statusCode).toBe(422)
    expect(await db.selectFrom('users').select('id').execute()).toEqual([{ id: 1 }])
    expect(await db.selectFrom('sessions').selectAll().execute()).toEqual([])
  })
})

describe('a session', () => {
  beforeEach(async () => {
    await signIn()
  })

  test('is renewed for 72 hours from now, as the same one', async () => {
    await setHoursLeft(1, 0.1)
    const answer = await renew(1)
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({ session: { id: 1 }, user: { id: 1, email: 'Sari@example.com' } })
    expect(await hoursLeft(1)).toBeCloseTo(72, 1)
  })

  test.each<[string, () => Promise<unknown>]>([
    ['that ended', () => end(1)],
    ['that expired', () => setHoursLeft(1, -0.001)],
    ['of a user who was banned', () => post('/accounts/1/ban')],
    [
      'of a user who is banned',
      () =>
        db
          .updateTable('users')
          .set({ banned_at: sql`clock_timestamp()` })
          .execute(),
    ],
    ['that never was', () => sql`truncate sessions`.execute(db)],
  ])('%s is not renewed', async (_, prepare) => {
    await prepare()
    const before = await db.selectFrom('sessions').selectAll().execute()
    const answer = await renew(1)
    expect(answer.statusCode).toBe(401)
    expect(answer.json()).toMatchObject({ type: '/problems/session-ended' })
    expect(await db.selectFrom('sessions').selectAll().execute()).toEqual(before)
  })

  test('ends once; ending it again, or one that never was, is as good', async () => {
    const answers = [await end(1), await end(1), await end(99)]
    expect(answers.map((answer) => answer.statusCode)).toEqual([200, 200, 200])
    expect(answers[0]!.json()).toEqual({ message: 'Session ended' })
    expect(await endedIds()).toEqual([1])
  })

  test('that is ended and renewed at the same moment has ended', async () => {
    for (let id = 1; id <= 30; id++) {
      const [renewal] = await Promise.all([renew(id), end(id)])
      expect([200, 401]).toContain(renewal.statusCode)
      expect((await renew(id)).statusCode).toBe(401)
      expect(await endedIds()).toContain(id)
      await signIn()
    }
  })

  test('whose renewal waits for its end is not renewed', async () => {
    let renewal: Promise<unknown> | undefined
    await db.transaction().execute(async (tx) => {
      await endSession(tx, 1)
      renewal = renewSession(db, 1)
      renewal.catch(() => undefined)
      await untilBlocked(db)
    })
    await expect(renewal).rejects.toMatchObject({ type: 'session-ended' })
  })
})

describe('the list of ended sessions', () => {
  test('names those whose tokens would still look good, by whichever clock', async () => {
    for (let id = 1; id <= 5; id++) await signIn()
    for (const id of [2, 3, 4]) await end(id)
    await setHoursLeft(3, -0.9)
    await setHoursLeft(4, -1.1)
    await setHoursLeft(5, -0.1)
    expect(await endedIds()).toEqual([2, 3])
    expect((await app.inject('/sessions/ended?after=2')).json()).toEqual([{ id: 3 }])
  })

  test('holds what was ended before another and stored after it', async () => {
    await signIn()
    await signIn()
    await db.transaction().execute(async (tx) => {
      await endSession(tx, 1)
      await end(2)
      expect(await endedIds()).toEqual([2])
    })
    expect(await endedIds()).toEqual([1, 2])
  })

  test('is read to its end by the gateway, however long it is', async () => {
    await sql`
      insert into sessions (user_id, expires_at, ended_at)
      select 1, clock_timestamp() + interval '72 hours', clock_timestamp()
      from generate_series(1, ${endedSessionsPage + 5})`.execute(db)
    const first = await app.inject('/sessions/ended')
    expect(first.json()).toHaveLength(endedSessionsPage)
    expect(first.headers.link).toBe(`</sessions/ended?after=${endedSessionsPage}>; rel="next"`)

    const port = await listen(app, config)
    const neighbor = createNeighbor({ name: 'user', url: `http://127.0.0.1:${port}`, token: undefined })
    const sessions = sessionClient(neighbor.call)
    const { session } = await sessions.signIn(sari)
    await sessions.end(session.id)
    const ids = await sessions.ended()
    expect([ids.length, ids.at(-1)]).toEqual([endedSessionsPage + 6, session.id])
    await expect(sessions.renew(session.id)).rejects.toMatchObject({ type: 'session-ended' })
    await expect(sessions.signIn({ ...sari, password: '' })).rejects.toMatchObject({
      type: 'invalid-credentials',
      message: 'invalid credentials',
    })
    expect((await sessions.unban(1)).id).toBe(1)
    await neighbor.close()
  })
})
