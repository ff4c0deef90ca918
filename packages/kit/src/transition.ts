import type { EventType } from '@kakilima/contracts/events'
import { type RawBuilder, sql } from 'kysely'
import type { Db } from './database.ts'
import { inlineGraceMs } from './outbox.ts'

/** A change that was stored: the id of its event in the outbox, and the row as the change left it (times as the database writes them). */
export type Transition<Row> = { event_id: number; row: Row }

/**
 * Runs one statement that inserts or changes rows and stores the event of each row that it touched, in one round trip. `change` is the
 * statement without its `returning`; a guarded UPDATE (`where status = …`) that finds another state touches nothing and returns nothing.
 * `needsFollowUp` says that other services must hear of it: see `startRelay`.
 *
 * @example
 * await storeTransition(db, 'order.paid', sql`update orders set status = 'paid', … where id = ${id} and status = 'awaiting_payment'`,
 *   { needsFollowUp: true })
 */
export async function storeTransition<Row extends { id: number; version: number }>(
  db: Db<any>,
  type: EventType,
  change: RawBuilder<unknown>,
  { needsFollowUp }: { needsFollowUp: boolean },
): Promise<Transition<Row>[]> {
  const { rows } = await sql<Transition<Row>>`
    with changed as (${change} returning *)
    insert into outbox (type, subject_id, version, data, due_at)
    select ${type}, id, version, to_jsonb(changed),
      case when ${needsFollowUp} then clock_timestamp() + ${inlineGraceMs} * interval '1 millisecond' end
    from changed
    returning id as event_id, data as row`.execute(db)
  return rows
}
