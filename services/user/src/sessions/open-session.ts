import { type Role, type SignedIn, sessionHours } from '@kakilima/contracts/account'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { UserTables } from '../database.ts'

/**
 * Stores a session of a user who may sign in and whose password and role are still those that were read. Returns undefined otherwise.
 * The user's row is locked against changes: a ban, a new password or another role comes before, and is seen, or after, and ends this
 * session too.
 */
export async function openSession(
  db: Db<UserTables>,
  user: { id: number; password_hash: string | null; role: Role },
): Promise<SignedIn['session'] | undefined> {
  const { rows } = await sql<SignedIn['session']>`
    insert into sessions (user_id, expires_at)
    select id, clock_timestamp() + ${sessionHours} * interval '1 hour' from users
    where id = ${user.id} and banned_at is null and password_hash is not distinct from ${user.password_hash}
      and role = ${user.role}
    for share
    returning id, expires_at`.execute(db)
  return rows[0]
}
