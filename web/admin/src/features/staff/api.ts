import type { MadeUpPassword, NewStaffMember, StaffChange, StaffInput, StaffMember } from '@kakilima/contracts/staff'
import type { RoutePermission } from '@kakilima/contracts/system'
import { read, write } from '../../desk-api.ts'

export function listStaff(signal: AbortSignal): Promise<StaffMember[]> {
  return read('/staff', { signal })
}

/** Makes an account whose first password the shop makes up. */
export function inviteStaff(input: StaffInput): Promise<NewStaffMember> {
  return write('POST', '/staff', input)
}

export function changeStaff(id: number, change: StaffChange): Promise<StaffMember> {
  return write('PUT', `/staff/${id}`, change)
}

export function setBanned(id: number, isBanned: boolean): Promise<unknown> {
  return write(isBanned ? 'PUT' : 'DELETE', `/staff/${id}/ban`)
}

export async function resetPassword(id: number): Promise<string> {
  const { password } = await write<MadeUpPassword>('POST', `/staff/${id}/password`)
  return password
}

export function listPermissions(signal: AbortSignal): Promise<RoutePermission[]> {
  return read('/permissions', { signal })
}
