import { testDatabase } from '@kakilima/testkit/database-per-file'
import { untilBlocked } from '@kakilima/testkit/until-blocked'
import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import type { UserTables } from '../database.ts'
import { createPasswordHasher } from '../password-hasher.ts'
import { openSession } from '../sessions/open-session.ts'
import { renewSession } from '../sessions/renew-session.ts'
import { signIn } from '../sessions/sign-in.ts'
import { signInGuest } from '../sessions/sign-in-guest.ts'
import { banAccount, unbanAccount } from './ban-account.ts'
import { changePassword } from './change-password.ts'
import { createAccount } from './create-account.ts'

const db = await testDatabase<UserTables>('user')
const hasher = createPasswordHasher()
const sari = { name: 'Sari', email: 'sari@example.com', password: 'kata sandi' }
const budi = { name: 'Budi', email: 'budi@example.com', password: 'kata sandi' }
const change = { current_password: sari.password, new_password: 'kata sandi baru' }
const refused = { type: 'invalid-credentials', message: 'invalid credentials' }

beforeEach(async () => {
  await sql`truncate users, sessions restart identity`.execute(db)
  for (const account of [sari, budi]) await createAccount(db, hasher, account)
  for (const account of [sari, sari, budi]) await signIn(db, hasher, account)
})

/** The ids of the sessions that have not ended: 1 and 2 are Sari's, 3 is Budi's. */
async function openIds(): Promise<number[]> {
  const rows = await db.selectFrom('sessions').select('id').where('ended_at', 'is', null).orderBy('id').execute()
  return rows.map(({ id }) => id)
}

describe('changing the password', () => {
  test('ends all sessions of the account and no other, and only the new one signs in', async () => {
    await changePassword(db, hasher, 1, change)
    expect(await openIds()).toEqual([3])
    await expect(signIn(db, hasher, sari)).rejects.toMatchObject(refused)
    expect((await signIn(db, hasher, { ...sari, password: change.new_password })).user.id).toBe(1)
  })

  test.each<[string, number, object]>([
    ['with a wrong current one', 1, refused],
    ['of an account that has none', 3, refused],
    ['of nobody', 99, { type: 'user-not-found' }],
  ])('%s is refused and changes nothing', async (what, userId, problem) => {
    await signInGuest(db, { name: 'Tamu', phone: '081234567890' })
    const before = await db.selectFrom('users').selectAll().orderBy('id').execute()
    const current_password = userId === 1 ? `${sari.password}!` : sari.password
    await expect(changePassword(db, hasher, userId, { ...change, current_password }), what).rejects.toMatchObject(
      problem,
    )
    expect(await db.selectFrom('users').selectAll().orderBy('id').execute()).toEqual(before)
    expect(await openIds()).toEqual([1, 2, 3, 4])
  })

  test('twice at the same moment succeeds once', async () => {
    const passwords = ['kata sandi A', 'kata sandi B']
    const answers = await Promise.allSettled(
      passwords.map((new_password) => changePassword(db, hasher, 1, { ...change, new_password })),
    )
    const winner = answers.findIndex(({ status }) => status === 'fulfilled')
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect((await signIn(db, hasher, { ...sari, password: passwords[winner]! })).user.id).toBe(1)
  })
})

describe('a ban', () => {
  test('ends all sessions, and only new ones can be had when it is lifted', async () => {
    expect(await banAccount(db, 1)).toMatchObject({ id: 1, email: sari.email })
    expect(await openIds()).toEqual([3])
    await expect(signIn(db, hasher, sari)).rejects.toMatchObject(refused)
    await expect(changePassword(db, hasher, 1, change)).rejects.toMatchObject(refused)
    await unbanAccount(db, 1)
    await expect(renewSession(db, 1)).rejects.toMatchObject({ type: 'session-ended' })
    expect((await signIn(db, hasher, sari)).session.id).toBeGreaterThan(3)
  })

  test('twice is one, and keeps its time', async () => {
    const bannedAt = () => db.selectFrom('users').select('banned_at').where('id', '=', 1).executeTakeFirstOrThrow()
    await banAccount(db, 1)
    const first = await bannedAt()
    await banAccount(db, 1)
    expect(await bannedAt()).toEqual(first)
  })

  test('of nobody is refused, and so is its end', async () => {
    await expect(banAccount(db, 99)).rejects.toMatchObject({ type: 'user-not-found' })
    await expect(unbanAccount(db, 99)).rejects.toMatchObject({ type: 'user-not-found' })
  })

  test('waits for a session that is being opened, and ends it', async () => {
    const user = await db.selectFrom('users').selectAll().where('id', '=', 1).executeTakeFirstOrThrow()
    let ban: Promise<unknown> | undefined
    await db.transaction().execute(async (tx) => {
      await openSession(tx, user)
      ban = banAccount(db, 1)
      await untilBlocked(db)
    })
    await ban
    expect(await openIds()).toEqual([3])
  })
})
