import { problem } from '@kakilima/contracts/problems'
import type { StaffMember } from '@kakilima/contracts/staff'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import type { Transaction } from 'kysely'
import { banAccount, unbanAccount } from '../accounts/ban-account.ts'
import { lockAdmins } from '../accounts/lock-admins.ts'
import type { UserTables } from '../database.ts'
import { findStaffMember } from './find-staff-member.ts'

/**
 * Begins a change by which somebody who works here can lose power. Throws `own-account` where the admin would lose it, and `forbidden`
 * where the one who asks is no admin any more: of two who put each other out at once the first is one when the second is asked about.
 * So an admin who can sign in is always left: the one who asks.
 */
export async function requireOtherThan(tx: Transaction<UserTables>, actorId: number, userId: number): Promise<void> {
  if (actorId === userId) throw problem('own-account', 'Another admin has to do this to your account')
  if (!(await lockAdmins(tx)).includes(actorId)) throw problem('forbidden', 'This is for admin only')
}

/** Bars somebody who works here from signing in, and ends all sessions. */
export async function banStaffMember(db: Db<UserTables>, actorId: number, userId: number): Promise<StaffMember> {
  return inTransaction(db, async (tx) => {
    await requireOtherThan(tx, actorId, userId)
    await findStaffMember(tx, userId)
    await banAccount(tx, userId)
    return findStaffMember(tx, userId)
  })
}

export async function unbanStaffMember(db: Db<UserTables>, actorId: number, userId: number): Promise<StaffMember> {
  return inTransaction(db, async (tx) => {
    await requireOtherThan(tx, actorId, userId)
    await findStaffMember(tx, userId)
    await unbanAccount(tx, userId)
    return findStaffMember(tx, userId)
  })
}
