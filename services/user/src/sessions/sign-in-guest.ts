import type { GuestInput, SignedIn } from '@kakilima/contracts/account'
import { invariant } from '@kakilima/contracts/invariant'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import type { UserTables } from '../database.ts'
import { createUser } from '../users/create-user.ts'
import { openSession } from './open-session.ts'

/** Makes a customer without an account and opens the only session that this customer will ever have. */
export async function signInGuest(db: Db<UserTables>, input: GuestInput): Promise<SignedIn> {
  return inTransaction(db, async (tx) => {
    const { id, name, phone } = await createUser(tx, input)
    const session = await openSession(tx, { id, password_hash: null, role: 'customer' })
    invariant(session !== undefined, 'a user who was just made can sign in')
    return { session, user: { id, name, phone, email: null, role: 'customer' } }
  })
}
