import { sql } from 'kysely'

/** What makes a delivery wait anew, with all its time before it: for `update deliveries set …`. */
export const requeued = sql`
  state = 'waiting', attempts = 0, claim = null, ended_at = null, queued_at = clock_timestamp(), due_at = clock_timestamp()`
