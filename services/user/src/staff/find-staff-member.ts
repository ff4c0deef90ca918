import { problem } from '@kakilima/contracts/problems'
import type { StaffMember } from '@kakilima/contracts/staff'
import type { Db } from '@kakilima/kit/database'
import { accountColumns } from '../accounts/account.ts'
import type { UserTables } from '../database.ts'

export function selectStaff(db: Db<UserTables>) {
  return db
    .selectFrom('users')
    .select([...accountColumns, 'banned_at', 'created_at'])
    .where('role', '!=', 'customer')
    .$castTo<StaffMember>()
}

/** Somebody who works in the shop. Throws `user-not-found`, also for a customer. */
export async function findStaffMember(db: Db<UserTables>, id: number): Promise<StaffMember> {
  const member = await selectStaff(db).where('id', '=', id).executeTakeFirst()
  if (member === undefined) throw problem('user-not-found', 'User not found')
  return member
}
