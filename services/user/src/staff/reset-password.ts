import { addToAuditLog } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { generatePassword } from '../accounts/generate-password.ts'
import type { UserTables } from '../database.ts'
import type { PasswordHasher } from '../password-hasher.ts'
import { endSessionsOf } from '../sessions/end-session.ts'
import { findStaffMember } from './find-staff-member.ts'
import { requireOtherThan } from './lock-out.ts'

/** Gives somebody who works here a made-up password and ends all sessions. Returns it: nothing can tell it later. */
export async function resetPassword(
  db: Db<UserTables>,
  hasher: PasswordHasher,
  actorId: number,
  userId: number,
): Promise<string> {
  const password = generatePassword()
  const password_hash = await hasher.hash(password)
  await inTransaction(db, async (tx) => {
    await requireOtherThan(tx, actorId, userId)
    await findStaffMember(tx, userId)
    await tx.updateTable('users').set({ password_hash }).where('id', '=', userId).execute()
    await endSessionsOf(tx, userId)
    // Neither the password nor its hash: only that there is another one.
    const after = { has_new_password: true }
    await addToAuditLog(tx, { action: 'account.reset_password', subject_id: userId, before: null, after })
  })
  return password
}
