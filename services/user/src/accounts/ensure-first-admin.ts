import { isProblem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { UserTables } from '../database.ts'
import { createPasswordHasher } from '../password-hasher.ts'
import { defaultAdminEmail } from './account.ts'
import { createAccount } from './create-account.ts'
import { generatePassword } from './generate-password.ts'

export type FirstAdmin = { email: string; password: string }

/** Makes an admin where there is none. Returns its address and password only when it made one: nothing can tell the password later. */
export async function ensureFirstAdmin(
  db: Db<UserTables>,
  wanted: { email?: string | undefined; password?: string | undefined } = {},
  hasher = createPasswordHasher(),
): Promise<FirstAdmin | undefined> {
  if (await hasAdmin(db)) return undefined
  const { email = defaultAdminEmail, password = generatePassword() } = wanted
  return inTransaction(db, async (tx) => {
    // Two processes that start at once would both find none.
    await sql`lock table users in share row exclusive mode`.execute(tx)
    if (await hasAdmin(tx)) return undefined
    await createAccount(tx, hasher, { name: 'Admin', email, password }, 'admin').catch((cause: unknown) => {
      // Never make an admin of an account whose password somebody else has chosen.
      if (!isProblem(cause, 'email-taken')) throw cause
      throw new Error(`The shop has no admin, and ${email} is a customer's: set ADMIN_EMAIL to another address.`, {
        cause,
      })
    })
    return { email, password }
  })
}

async function hasAdmin(db: Db<UserTables>): Promise<boolean> {
  const admin = await db.selectFrom('users').select('id').where('role', '=', 'admin').limit(1).executeTakeFirst()
  return admin !== undefined
}
