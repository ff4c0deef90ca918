import type { PasswordChange } from '@kakilima/contracts/account'
import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import type { UserTables } from '../database.ts'
import { isPasswordOf, type PasswordHasher } from '../password-hasher.ts'
import { endSessionsOf } from '../sessions/end-session.ts'

/** Replaces the password and ends all sessions of the account, so that whoever knew the old one is out. */
export async function changePassword(
  db: Db<UserTables>,
  hasher: PasswordHasher,
  userId: number,
  { current_password, new_password }: PasswordChange,
): Promise<void> {
  const user = await db
    .selectFrom('users')
    .select(['password_hash', 'banned_at'])
    .where('id', '=', userId)
    .executeTakeFirst()
  if (user === undefined) throw problem('user-not-found', 'User not found')
  const isRight = await isPasswordOf(hasher, user.password_hash, current_password)
  if (!isRight || user.banned_at !== null) throw problem('invalid-credentials')

  const password_hash = await hasher.hash(new_password)
  await inTransaction(db, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('users')
      .set({ password_hash })
      .where('id', '=', userId)
      // Of two changes at once one wins; the other has compared with a password that is no longer the current one.
      .where('password_hash', '=', user.password_hash)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw problem('invalid-credentials')
    await endSessionsOf(tx, userId)
  })
}
