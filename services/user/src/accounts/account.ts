import type { Account } from '@kakilima/contracts/account'

/** The admin of a shop whose owner named none. */
export const defaultAdminEmail = 'admin@localhost'

/** What an account shows of a user: never the hash of the password. */
export const accountColumns = [
  'users.id',
  'users.name',
  'users.email',
  'users.phone',
  'users.role',
  'users.language',
] as const

export function accountOf({ id, name, email, phone, role, language }: Account): Account {
  return { id, name, email, phone, role, language }
}

/** The form in which two addresses are compared: what `lower(email)` makes of the stored one. */
export function comparableEmail(email: string): string {
  return email.trim().toLowerCase()
}
