import type { Account } from '@kakilima/contracts/account'
import { problem } from '@kakilima/contracts/problems'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { UserTables } from '../database.ts'
import { endSessionsOf } from '../sessions/end-session.ts'
import { accountColumns } from './account.ts'
import { lockAdmins, requireAnotherAdmin } from './lock-admins.ts'

/**
 * Bars a user from signing in and ends all sessions. A second ban changes nothing. Throws `last-admin` where no other admin could sign
 * in then.
 */
export async function banAccount(db: Db<UserTables>, userId: number): Promise<Account> {
  return inTransaction(db, async (whole) => {
    requireAnotherAdmin(await lockAdmins(whole), userId)
    return changeAsStaff(whole, { action: 'account.ban', table: 'users', id: userId }, async (tx) => {
      const account = await tx
        .updateTable('users')
        .set({ banned_at: sql`coalesce(banned_at, clock_timestamp())` })
        .where('id', '=', userId)
        .returning(accountColumns)
        .executeTakeFirst()
      if (account === undefined) throw problem('user-not-found', 'User not found')
      // After the user's row is locked: a sign-in at the same moment is refused, or its session is there to be ended.
      await endSessionsOf(tx, userId)
      return account
    })
  })
}

/** Throws `user-not-found` unless this is a customer. Nobody is made one or ceases to be one later, so nothing has to be locked. */
export async function requireCustomer(db: Db<UserTables>, userId: number): Promise<void> {
  const user = await db.selectFrom('users').select('role').where('id', '=', userId).executeTakeFirst()
  if (user?.role !== 'customer') throw problem('user-not-found', 'User not found')
}

/** Lets a user sign in again. Sessions that the ban ended stay ended. */
export async function unbanAccount(db: Db<UserTables>, userId: number): Promise<Account> {
  return changeAsStaff(db, { action: 'account.unban', table: 'users', id: userId }, async (tx) => {
    const account = await tx
      .updateTable('users')
      .set({ banned_at: null })
      .where('id', '=', userId)
      .returning(accountColumns)
      .executeTakeFirst()
    if (account === undefined) throw problem('user-not-found', 'User not found')
    return account
  })
}
