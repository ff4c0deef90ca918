import type { Credentials, SignedIn } from '@kakilima/contracts/account'
import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import { accountColumns, accountOf, comparableEmail } from '../accounts/account.ts'
import type { UserTables } from '../database.ts'
import { isPasswordOf, type PasswordHasher } from '../password-hasher.ts'
import { openSession } from './open-session.ts'

/** Opens a session for the one who knows the password. Everybody else gets the same answer after the same work, whatever is wrong. */
export async function signIn(
  db: Db<UserTables>,
  hasher: PasswordHasher,
  { email, password }: Credentials,
): Promise<SignedIn> {
  const user = await db
    .selectFrom('users')
    .select([...accountColumns, 'password_hash'])
    .where(sql`lower(email)`, '=', comparableEmail(email))
    .executeTakeFirst()
  const isRight = await isPasswordOf(hasher, user?.password_hash, password)
  const session = user !== undefined && isRight ? await openSession(db, user) : undefined
  if (user === undefined || session === undefined) throw problem('invalid-credentials')
  return { session, user: accountOf(user) }
}
