import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { UserTables } from '../database.ts'

/** Ends a session. Ending it again, or one that never was, changes nothing. */
export async function endSession(db: Db<UserTables>, sessionId: number): Promise<void> {
  await openSessions(db).where('id', '=', sessionId).execute()
}

/** Ends all sessions of a user. The caller holds the lock on the user's row, so that none is opened meanwhile. */
export async function endSessionsOf(db: Db<UserTables>, userId: number): Promise<void> {
  await openSessions(db).where('user_id', '=', userId).execute()
}

function openSessions(db: Db<UserTables>) {
  return db
    .updateTable('sessions')
    .set({ ended_at: sql`clock_timestamp()` })
    .where('ended_at', 'is', null)
}
