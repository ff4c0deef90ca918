import type { AuditLogEntry, StaffAction } from '@kakilima/contracts/audit-log'
import type { Generated, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Db } from './database.ts'
import { currentRequest } from './request-context.ts'
import { inTransaction } from './transaction.ts'

type Fields = Record<string, unknown>

/** The table `audit_log` of a service, as its migrations make it. */
export type AuditLogTable = Omit<AuditLogEntry, 'id' | 'created_at'> & {
  id: Generated<number>
  created_at: Generated<string>
}

/** A change that staff make: `before` is null for what is new, `after` for what is gone. */
export type StaffChange = { action: StaffAction; subject_id: number; before: Fields | null; after: Fields | null }

// The time of a change is the entry's own, and no secret may get into a log that is never changed.
const neverLogged = new Set(['updated_at', 'password_hash', 'secret', 'previous_secret'])

/**
 * Stores who of the staff changed what: pass the transaction that makes the change, so that neither is there without the other. Of two
 * rows only the fields that differ are kept; where none does there was no change, and nothing is stored. Who asked is known from the
 * request.
 */
export async function addToAuditLog(tx: Db<any>, change: StaffChange): Promise<void> {
  await addAllToAuditLog(tx, [change])
}

/** The same for many changes by one statement. */
export async function addAllToAuditLog(tx: Db<any>, changes: StaffChange[]): Promise<void> {
  const entries = changes.flatMap(({ action, subject_id, before, after }) => {
    const [was, is] = [differing(before, after), differing(after, before)]
    const isNone = Object.keys({ ...was, ...is }).length === 0
    return isNone ? [] : [{ action, subject_type: action.split('.', 1)[0], subject_id, before: was, after: is }]
  })
  if (entries.length === 0) return
  const { actorId = null, requestId = null } = currentRequest() ?? {}
  await sql`
    insert into audit_log (actor_id, action, subject_type, subject_id, before, after, request_id)
    select ${actorId}::int8, action, subject_type, subject_id, before, after, ${requestId}
    from jsonb_to_recordset(${JSON.stringify(entries)}::jsonb)
      as entry(action text, subject_type text, subject_id int8, before jsonb, after jsonb)`.execute(tx)
}

/** The fields of a row that are other in another one: all where there is none. */
function differing(row: Fields | null, other: Fields | null): Fields | null {
  return row && Object.fromEntries(Object.entries(row).filter(([name, value]) => isChanged(name, value, other)))
}

function isChanged(name: string, value: unknown, other: Fields | null): boolean {
  return !neverLogged.has(name) && (other === null || JSON.stringify(other[name]) !== JSON.stringify(value))
}

/**
 * Makes a change of one row that staff ask for, and stores who changed what of it, in one transaction. A change that touches nothing
 * leaves no entry, and of one that throws nothing stays.
 *
 * @example
 * await changeAsStaff(db, { action: 'order.confirm', table: 'orders', id }, (tx) => storeTransition(tx, 'order.confirming', …))
 */
export async function changeAsStaff<Tables, T>(
  db: Db<Tables>,
  { action, table, id }: { action: StaffAction; table: keyof Tables & string; id: number },
  change: (tx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return inTransaction(db, async (tx) => {
    const select = sql<Fields>`select * from ${sql.table(table)} where id = ${id}`
    // Locked, so that what is noted as before is what the change finds.
    const { rows: found } = await sql<Fields>`${select} for no key update`.execute(tx)
    const result = await change(tx)
    const [before, after] = [found[0], (await select.execute(tx)).rows[0]]
    if (before !== undefined && after !== undefined) {
      // A row that is kept for those who still name it is gone all the same.
      const isGone = after.deleted_at !== undefined && after.deleted_at !== null
      await addToAuditLog(tx, { action, subject_id: id, before, after: isGone ? null : after })
    }
    return result
  })
}
