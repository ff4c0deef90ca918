import type { Transaction } from 'kysely'
import { type Db, sqlState } from './database.ts'

const maxTries = 5
const serializationFailure = '40001'
const deadlock = '40P01'

/**
 * Runs `work` in a transaction (in the caller's own when `db` is one already). When the database ends it to break a deadlock, nothing
 * of it stays and it runs again, at most five times in all.
 */
export async function inTransaction<Tables, T>(
  db: Db<Tables>,
  work: (tx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  if (db.isTransaction) return work(db as Transaction<Tables>)
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      const state = sqlState(error)
      if ((state !== deadlock && state !== serializationFailure) || attempt === maxTries) throw error
    }
  }
}
