import type { BankAccount } from '@kakilima/contracts/payment-methods'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { PaymentTables } from '../database.ts'

/** The one row that there is. */
const onlyId = 1

/** The shop's accounts, in the order in which customers see them. */
export async function listBankAccounts(db: Db<PaymentTables>): Promise<BankAccount[]> {
  const { accounts } = await db.selectFrom('bank_accounts').select('accounts').executeTakeFirstOrThrow()
  return accounts
}

/** Puts other accounts in the place of those that there are. Returns them as they are kept, without spaces around their words. */
export async function setBankAccounts(db: Db<PaymentTables>, wanted: BankAccount[]): Promise<BankAccount[]> {
  const accounts = wanted.map(({ bank, number, holder }) => ({
    bank: bank.trim(),
    number: number.trim(),
    holder: holder.trim(),
  }))
  await changeAsStaff(db, { action: 'bank_accounts.update', table: 'bank_accounts', id: onlyId }, (tx) =>
    sql`update bank_accounts set accounts = ${JSON.stringify(accounts)}::jsonb, updated_at = clock_timestamp()`.execute(
      tx,
    ),
  )
  return accounts
}
