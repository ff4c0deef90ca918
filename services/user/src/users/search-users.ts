import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql, type Transaction } from 'kysely'
import type { UserTables } from '../database.ts'

/** Less than the three seconds that a neighbour waits for an answer: nobody reads what comes later. */
const limitMs = 2500

/**
 * Looks for users by a part of a text, which may cost a look at all of them: 0.5 s of a million. What takes longer than 2.5 s is given
 * up and answered 503, so that a search box cannot keep the database busy.
 */
export async function searchUsers<T>(
  db: Db<UserTables>,
  search: (tx: Transaction<UserTables>) => Promise<T>,
): Promise<T> {
  return inTransaction(db, async (tx) => {
    await sql`set local statement_timeout = ${sql.lit(limitMs)}`.execute(tx)
    return search(tx)
  })
}
