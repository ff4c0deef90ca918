import type { StaffMember } from '@kakilima/contracts/staff'
import { queryOf, read } from '../../desk-api.ts'

const pageSize = 50

/** The address of the newest entries that fit. `subject` is a type and a number, `product:5`. */
export function auditLogPath(filters: { actorId: string; subject: string }): string {
  return `/audit-log${queryOf({ limit: pageSize, actor_id: filters.actorId, subject: filters.subject })}`
}

export function listPeople(signal: AbortSignal): Promise<StaffMember[]> {
  return read('/staff', { signal })
}
