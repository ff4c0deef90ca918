import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { UserTables } from '../database.ts'
import { createPasswordHasher } from '../password-hasher.ts'
import { signIn } from '../sessions/sign-in.ts'
import { createAccount } from './create-account.ts'
import { ensureFirstAdmin } from './ensure-first-admin.ts'

const db = await testDatabase<UserTables>('user')
const hasher = createPasswordHasher()

beforeEach(async () => {
  await sql`truncate users, sessions restart identity`.execute(db)
})

async function admins() {
  return db.selectFrom('users').select(['email', 'role']).where('role', '=', 'admin').execute()
}

test('a shop without an admin gets one, whose password is told once and works', async () => {
  const admin = await ensureFirstAdmin(db)
  expect(admin).toEqual({ email: 'admin@localhost', password: expect.stringMatching(/^[\w-]{20}$/) })
  expect((await signIn(db, hasher, admin!)).user.role).toBe('admin')
  expect(await ensureFirstAdmin(db)).toBeUndefined()
  expect(await admins()).toHaveLength(1)
})

test('address and password may be given', async () => {
  const wanted = { email: 'owner@example.com', password: 'kata sandi' }
  expect(await ensureFirstAdmin(db, wanted)).toEqual(wanted)
  expect((await signIn(db, hasher, wanted)).user).toMatchObject({ email: 'owner@example.com', role: 'admin' })
})

test('a shop that has an admin of another address keeps it at that', async () => {
  await createAccount(db, hasher, { name: 'Sari', email: 'sari@example.com', password: 'kata sandi' }, 'admin')
  expect(await ensureFirstAdmin(db, { email: 'owner@example.com' })).toBeUndefined()
  expect(await admins()).toEqual([{ email: 'sari@example.com', role: 'admin' }])
})

test('of many processes that start at once one makes the admin', async () => {
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, index) => ensureFirstAdmin(db, { email: `owner${index}@example.com` })),
  )
  expect(made.filter((admin) => admin !== undefined)).toHaveLength(1)
  expect(await admins()).toHaveLength(1)
})

test("a customer's account does not become the admin's", async () => {
  await createAccount(db, hasher, { name: 'Sari', email: 'Admin@localhost', password: 'kata sandi' })
  await expect(ensureFirstAdmin(db)).rejects.toThrow(
    "The shop has no admin, and admin@localhost is a customer's: set ADMIN_EMAIL to another address.",
  )
  expect(await admins()).toEqual([])
})
