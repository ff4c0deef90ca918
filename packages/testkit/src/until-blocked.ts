import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import { eventually } from './eventually.ts'
import { expect } from 'vitest'

/** Waits until this many sessions of the test's database wait for a lock that another one holds. */
export async function untilBlocked(db: Db<any>, sessions = 1): Promise<void> {
  await eventually(async () => {
    const { rows } = await sql<{ blocked: number }>`
        select count(*) as blocked from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
    expect(rows[0]!.blocked).toBeGreaterThanOrEqual(sessions)
  })
}

/** How many deadlocks the database has had to break so far. Code that tries again hides them, and yet should not have any. */
export async function countDeadlocks(db: Db<any>): Promise<number> {
  await sql`select pg_stat_force_next_flush()`.execute(db)
  const { rows } = await sql<{ deadlocks: number }>`
    select deadlocks from pg_stat_database where datname = current_database()`.execute(db)
  return rows[0]!.deadlocks
}
