import type { Role } from '@kakilima/contracts/account'
import type { Language } from '@kakilima/contracts/language'
import type { AuditLogTable } from '@kakilima/kit/audit-log'
import type { Generated } from 'kysely'

export type UserTables = {
  users: {
    id: Generated<number>
    name: string
    phone: string | null
    phone_e164: string | null
    created_at: Generated<string>
    email: string | null
    password_hash: string | null
    role: Generated<Role>
    banned_at: string | null
    language: Generated<Language>
  }
  sessions: {
    id: Generated<number>
    user_id: number
    created_at: Generated<string>
    expires_at: string
    ended_at: string | null
  }
  audit_log: AuditLogTable
}
