import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'

/** What stands in a service's audit log, oldest first. */
export async function auditLogOf(db: Db<any>): Promise<Record<string, any>[]> {
  return db
    .selectFrom('audit_log')
    .select(['actor_id', 'action', 'subject_type', 'subject_id', 'before', 'after', 'request_id'])
    .orderBy('id')
    .execute()
}

/** Does something while the audit log takes no entry: whatever wants one must fail, with `audit_log_is_full` in its message. */
export async function whileAuditLogIsFull(db: Db<any>, work: () => Promise<void>): Promise<void> {
  await sql`alter table audit_log add constraint audit_log_is_full check (false) not valid`.execute(db)
  try {
    await work()
  } finally {
    await sql`alter table audit_log drop constraint audit_log_is_full`.execute(db)
  }
}
