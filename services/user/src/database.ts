import type { Generated } from 'kysely'

export type UserTables = {
  users: {
    id: Generated<number>
    name: string
    phone: string
    phone_e164: string
    created_at: Generated<string>
  }
}
