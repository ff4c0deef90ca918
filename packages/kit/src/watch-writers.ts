import { sql } from 'kysely'
import type { Db } from './database.ts'

export type WriterWatch = {
  /**
   * Up to here every number is either to be seen by reads that begin from now on, or can never appear: its write failed. `wanted` is how
   * far the caller wants to know it; the answer may be less, while somebody still writes. Ask before reading.
   */
  settledUpTo: (wanted: number) => Promise<number>
}

type Watched = { upTo: number; writers: Set<string> }

/**
 * Tells what may still come of a table whose rows are numbered by a sequence. Whoever inserts or updates holds a lock on the table from
 * before its number is drawn until its rows can be seen or are gone, however long it stands still in between, crashed or not. So once
 * everybody has ended who held that lock after a number had been drawn, nobody can bring that number any more.
 *
 * @example
 * watchWriters(db, { table: 'outbox', sequence: 'outbox_id_seq' })
 */
export function watchWriters(db: Db<any>, numbered: { table: string; sequence: string }): WriterWatch {
  let settled = 0
  let watched: Watched | undefined

  return {
    async settledUpTo(wanted) {
      const before = watched
      // The number first: who draws a lower one later than this holds the lock when the writers are looked at, or has ended.
      const drawn = await lastDrawn(db, numbered.sequence)
      // An older copy of the database has taken the place of this one, and will hand the same numbers out again.
      if (drawn < Math.max(settled, watched?.upTo ?? 0)) {
        settled = 0
        watched = undefined
      }
      if (wanted <= settled) return settled
      const writers = await findWriters(db, numbered.table)
      // Somebody else may have begun to watch while this one asked: of those writers this answer knows nothing.
      if (watched !== before) return settled
      if (watched !== undefined) {
        watched.writers = watched.writers.intersection(writers)
        if (watched.writers.size > 0) return settled
        settled = watched.upTo
        watched = undefined
      }
      if (writers.size === 0) settled = Math.max(settled, drawn)
      else if (drawn > settled) watched = { upTo: drawn, writers }
      return settled
    },
  }
}

async function lastDrawn(db: Db<any>, sequence: string): Promise<number> {
  const { rows } = await sql<{ drawn: number }>`
    select coalesce(pg_sequence_last_value(to_regclass(${sequence})), 0) as drawn`.execute(db)
  return rows[0]!.drawn
}

/** The transactions that have begun to write to a table and have not ended. */
async function findWriters(db: Db<any>, table: string): Promise<Set<string>> {
  const { rows } = await sql<{ transaction: string }>`
    select virtualtransaction as transaction from pg_locks
    where locktype = 'relation' and granted and mode = 'RowExclusiveLock'
      and database = (select oid from pg_database where datname = current_database())
      and relation = to_regclass(${table})`.execute(db)
  return new Set(rows.map((row) => row.transaction))
}
