import { type SignedIn, sessionHours } from '@kakilima/contracts/account'
import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import { accountColumns, accountOf } from '../accounts/account.ts'
import type { UserTables } from '../database.ts'

/** Lets a session last another 72 hours from now. Throws `session-ended` when it ended, expired, or its user is banned. */
export async function renewSession(db: Db<UserTables>, sessionId: number): Promise<SignedIn> {
  const renewed = await db
    .updateTable('sessions')
    .from('users')
    .set({ expires_at: sql`clock_timestamp() + ${sessionHours} * interval '1 hour'` })
    .where('sessions.id', '=', sessionId)
    .whereRef('users.id', '=', 'sessions.user_id')
    .where('sessions.ended_at', 'is', null)
    .where('sessions.expires_at', '>', sql<string>`clock_timestamp()`)
    .where('users.banned_at', 'is', null)
    .returning([...accountColumns, 'sessions.expires_at'])
    .executeTakeFirst()
  if (renewed === undefined) throw problem('session-ended')
  return { session: { id: sessionId, expires_at: renewed.expires_at }, user: accountOf(renewed) }
}
