import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { UserTables } from '../database.ts'
import { comparableEmail } from './account.ts'

/** The id of the account with this address. Throws `user-not-found`. */
export async function findAccountId(db: Db<UserTables>, email: string): Promise<number> {
  const account = await db
    .selectFrom('users')
    .select('id')
    .where(sql`lower(email)`, '=', comparableEmail(email))
    .executeTakeFirst()
  if (account === undefined) throw problem('user-not-found', `Nobody has the address ${email.trim()}`)
  return account.id
}
