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

// The time of a change is the entry's own.
const timesOfChanges = ['updated_at', 'paid_at', 'confirmed_at', 'ended_at', 'refund_due_at', 'refunded_at']
// No secret may get into a log that is never changed.
const neverLogged = new Set([...timesOfChanges, 'password_hash', 'secret', 'previous_secret'])

/**
 * Stores who of the staff changed what: pass the transaction that makes the change, so that neither is there without the other. Of two
 * rows only the fields that differ are kept; where none does there was no change, and nothing is stored. Who asked is known from the
 * request.
 */
export async function addToAuditLog(tx: Db<any>, ...changes: StaffChange[]): Promise<void> {
  const keep = (row: Fields | null, other: Fields | null) =>
    row && Object.fromEntries(Object.entries(row).filter(([name, value]) => isChanged(name, value, other)))
  const entries = changes
    .map(({ action, subject_id, before, after }) => ({
      action,
      subject_type: action.split('.', 1)[0],
      subject_id,
      before: keep(before, after),
      after: keep(after, before),
    }))
    .filter(({ before, after }) => Object.keys({ ...before, ...after }).length > 0)
  if (entries.length === 0) return
  const { actorId = null, requestId = null } = currentRequest() ?? {}
  await sql`
    insert into audit_log (actor_id, action, subject_type, subject_id, before, after, request_id)
    select ${actorId}, action, subject_type, subject_id, before, after, ${requestId}
    from jsonb_to_recordset(${JSON.stringify(entries)}::jsonb)
      as entry(action text, subject_type text, subject_id int8, before jsonb, after jsonb)`.execute(tx)
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
  return changeAllAsStaff(db, { action, table, ids: [id] }, change)
}

/** The same for several rows that one statement changes, with an entry for each of them that it touched. */
export async function changeAllAsStaff<Tables, T>(
  db: Db<Tables>,
  { action, table, ids }: { action: StaffAction; table: keyof Tables & string; ids: number[] },
  change: (tx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return inTransaction(db, async (tx) => {
    type Row = Fields & { id: number }
    // In one order, or two who change the same rows could wait for each other.
    const select = sql<Row>`select * from ${sql.table(table)} where id = any(${ids}::int8[]) order by id`
    // Locked, so that what is noted as before is what the change finds.
    const { rows: found } = await sql<Row>`${select} for no key update`.execute(tx)
    const result = await change(tx)
    const left = new Map((await select.execute(tx)).rows.map((row) => [row.id, row]))
    const changes = found.flatMap((before) => {
      const after = left.get(before.id)
      if (after === undefined) return []
      // A row that is kept for those who still name it is gone all the same.
      const isGone = after.deleted_at !== undefined && after.deleted_at !== null
      return [{ action, subject_id: before.id, before, after: isGone ? null : after }]
    })
    await addToAuditLog(tx, ...changes)
    return result
  })
}
