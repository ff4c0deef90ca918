import type { Account, AccountInput, Role } from '@kakilima/contracts/account'
import { problem } from '@kakilima/contracts/problems'
import { addToAuditLog } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { UserTables } from '../database.ts'
import type { PasswordHasher } from '../password-hasher.ts'
import { requirePhone } from '../users/phone.ts'
import { accountColumns } from './account.ts'

/** Stores a user who can sign in. The role is for the one who runs the shop to give. Throws `email-taken` when the address has an account. */
export async function createAccount(
  db: Db<UserTables>,
  hasher: PasswordHasher,
  { name, email, password, phone = '', language }: AccountInput,
  role: Role = 'customer',
): Promise<Account> {
  // A form sends the field that was left empty.
  const hasPhone = phone.trim() !== ''
  const row = {
    name: name.trim(),
    email: email.trim(),
    phone: hasPhone ? phone : null,
    phone_e164: hasPhone ? requirePhone(phone) : null,
    password_hash: await hasher.hash(password),
    role,
    ...(language !== undefined && { language }),
  }
  return inTransaction(db, async (tx) => {
    const account = await tx
      .insertInto('users')
      .values(row)
      .onConflict((conflict) =>
        conflict
          .expression(sql`lower(email)`)
          .where('email', 'is not', null)
          .doNothing(),
      )
      .returning(accountColumns)
      .executeTakeFirst()
    if (account === undefined) throw problem('email-taken')
    // A customer who registers is no change of staff's.
    if (role !== 'customer')
      await addToAuditLog(tx, { action: 'account.create', subject_id: account.id, before: null, after: account })
    return account
  })
}
