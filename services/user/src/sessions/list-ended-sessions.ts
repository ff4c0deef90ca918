import { type EndedSession, endedSessionsPage } from '@kakilima/contracts/account'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { UserTables } from '../database.ts'

/**
 * The sessions that ended before their time, in pages by id. A token is judged by the clock of another machine, so a session stays in the
 * list for an hour after it would have expired by itself. Always the whole list: a place in the order of ending would miss what ended
 * before it and was committed after.
 */
export async function listEndedSessions(db: Db<UserTables>, after: number): Promise<EndedSession[]> {
  return (
    db
      .selectFrom('sessions')
      .select('id')
      .where('ended_at', 'is not', null)
      // `now()` stands still within the statement, so the index can be searched for it; `clock_timestamp()` would be compared row by row.
      .where('expires_at', '>', sql<string>`now() - interval '1 hour'`)
      .where('id', '>', after)
      .orderBy('id')
      .limit(endedSessionsPage)
      .execute()
  )
}
