import { problem } from '@kakilima/contracts/problems'
import type { Transaction } from 'kysely'
import type { UserTables } from '../database.ts'

/**
 * The ids of the admins who can sign in. Their rows stay locked, always in the same order and before that of the account that is to be
 * changed, so that of two admins who put each other out the second finds what the first has left.
 */
export async function lockAdmins(tx: Transaction<UserTables>): Promise<number[]> {
  const admins = await tx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('banned_at', 'is', null)
    .where('password_hash', 'is not', null)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  return admins.map(({ id }) => id)
}

/** Throws `last-admin` where nobody else could run the shop without this account. */
export function requireAnotherAdmin(admins: number[], userId: number): void {
  if (admins.length === 1 && admins[0] === userId)
    throw problem('last-admin', 'This is the last admin who can sign in: make another one first')
}
