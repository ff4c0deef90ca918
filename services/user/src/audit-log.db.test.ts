import { auditLogOf, whileAuditLogIsFull } from '@kakilima/testkit/audit-log'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import { banAccount, unbanAccount } from './accounts/ban-account.ts'
import { changePassword } from './accounts/change-password.ts'
import { createAccount } from './accounts/create-account.ts'
import { ensureFirstAdmin } from './accounts/ensure-first-admin.ts'
import type { UserTables } from './database.ts'
import { createPasswordHasher } from './password-hasher.ts'
import { createUser } from './users/create-user.ts'

const db = await testDatabase<UserTables>('user')
const hasher = createPasswordHasher()
const rina = { name: 'Rina', email: 'rina@example.com', password: 'kata sandi' }

beforeEach(async () => {
  await sql`truncate audit_log, users, sessions restart identity`.execute(db)
})

test('an account of somebody who works here is logged, without anything of its password', async () => {
  await createAccount(db, hasher, rina, 'staff')
  await ensureFirstAdmin(db, { email: 'admin@example.com', password: rina.password }, hasher)
  const account = { subject_type: 'account', actor_id: null, request_id: null, before: null }
  expect(await auditLogOf(db)).toEqual([
    {
      ...account,
      action: 'account.create',
      subject_id: 1,
      after: { id: 1, name: 'Rina', email: 'rina@example.com', phone: null, role: 'staff', language: 'id' },
    },
    {
      ...account,
      action: 'account.create',
      subject_id: 2,
      after: { id: 2, name: 'Admin', email: 'admin@example.com', phone: null, role: 'admin', language: 'id' },
    },
  ])
})

test('a ban and its end are logged, each once', async () => {
  const { id } = await createUser(db, { name: 'Sari', phone: '081234567890' })
  for (const change of [banAccount, banAccount, unbanAccount, unbanAccount]) await change(db, id)
  await expect(banAccount(db, 99)).rejects.toMatchObject({ type: 'user-not-found' })
  await expect(unbanAccount(db, 99)).rejects.toMatchObject({ type: 'user-not-found' })
  const time = expect.stringMatching(/^\d{4}-.*Z$/)
  expect(await auditLogOf(db)).toMatchObject([
    { action: 'account.ban', subject_id: id, before: { banned_at: null }, after: { banned_at: time } },
    { action: 'account.unban', subject_id: id, before: { banned_at: time }, after: { banned_at: null } },
  ])
})

test('what customers do and what is refused is not logged', async () => {
  const { id } = await createAccount(db, hasher, rina)
  await createUser(db, { name: 'Sari', phone: '081234567890' })
  await changePassword(db, hasher, id, { current_password: rina.password, new_password: 'kata sandi baru' })
  await expect(createAccount(db, hasher, rina, 'admin')).rejects.toMatchObject({ type: 'email-taken' })
  expect(await auditLogOf(db)).toEqual([])
})

test('no account of staff and no ban stands without its entry', async () => {
  const { id } = await createAccount(db, hasher, rina)
  await whileAuditLogIsFull(db, async () => {
    const budi = { ...rina, email: 'budi@example.com' }
    await expect(createAccount(db, hasher, budi, 'staff')).rejects.toThrow('audit_log_is_full')
    await expect(banAccount(db, id)).rejects.toThrow('audit_log_is_full')
  })
  expect(await db.selectFrom('users').select(['id', 'banned_at']).execute()).toEqual([{ id, banned_at: null }])
})
