import type { StaffChange, StaffMember } from '@kakilima/contracts/staff'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import type { UserTables } from '../database.ts'
import { endSessionsOf } from '../sessions/end-session.ts'
import { findStaffMember } from './find-staff-member.ts'
import { requireOtherThan } from './lock-out.ts'

/**
 * Changes the name or the role of somebody who works here. Another role ends all sessions, since their tokens name the old one. Throws
 * `own-account` for another role of one's own.
 */
export async function changeStaffMember(
  db: Db<UserTables>,
  actorId: number,
  userId: number,
  { name, role }: StaffChange,
): Promise<StaffMember> {
  return inTransaction(db, async (whole) => {
    // Before the account's own row: see lockAdmins.
    if (role !== undefined && (actorId !== userId || role !== 'admin')) await requireOtherThan(whole, actorId, userId)
    await findStaffMember(whole, userId)
    const change = { ...(name !== undefined && { name: name.trim() }), ...(role !== undefined && { role }) }
    if (Object.keys(change).length === 0) return findStaffMember(whole, userId)
    await changeAsStaff(whole, { action: 'account.update', table: 'users', id: userId }, async (tx) => {
      const before = await findStaffMember(tx, userId)
      await tx.updateTable('users').set(change).where('id', '=', userId).execute()
      if (role !== undefined && role !== before.role) await endSessionsOf(tx, userId)
    })
    return findStaffMember(whole, userId)
  })
}
