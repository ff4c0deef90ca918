import type { Db } from '@kakilima/kit/database'
import { sql, type Transaction } from 'kysely'

export type HeldLock = {
  /** Lets everybody on who waits for it, be their processes dead or alive. */
  release: () => Promise<void>
  /** Ends the sessions that wait for it, as if what they wait to do had never reached the database, and lets go. */
  endWaiting: () => Promise<void>
}

/**
 * Takes a lock, by whatever statements, and keeps it until it is released. A process that is killed while its statement waits for it
 * leaves a session behind that does not know it and carries the statement out once it can: so a test decides how to let go whether a
 * write that was on its way still comes.
 */
export async function holdLock(db: Db<any>, take: (tx: Transaction<any>) => Promise<unknown>): Promise<HeldLock> {
  const holder = await db.startTransaction().execute()
  await take(holder)
  const release = async () => {
    await holder.rollback().execute()
  }
  return {
    release,
    async endWaiting() {
      await sql`
        select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
      await release()
    },
  }
}

/** Keeps others from writing to a table. What reads it goes on. */
export async function lockTable(tx: Db<any>, table: string): Promise<void> {
  await sql`lock table ${sql.table(table)} in share row exclusive mode`.execute(tx)
}

/** Keeps others from changing or locking the rows of a table. Rows can be added. */
export async function lockRows(tx: Db<any>, table: string): Promise<void> {
  await tx.selectFrom(table).selectAll().forUpdate().execute()
}
