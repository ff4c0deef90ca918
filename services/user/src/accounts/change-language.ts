import type { Account, LanguageChange } from '@kakilima/contracts/account'
import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import type { UserTables } from '../database.ts'
import { accountColumns } from './account.ts'

/** Notes in which language the shop writes to a user, guests among them. Throws `user-not-found`. */
export async function changeLanguage(
  db: Db<UserTables>,
  userId: number,
  { language }: LanguageChange,
): Promise<Account> {
  const account = await db
    .updateTable('users')
    .set({ language })
    .where('id', '=', userId)
    .returning(accountColumns)
    .executeTakeFirst()
  if (account === undefined) throw problem('user-not-found', 'User not found')
  return account
}
