import type { EventType } from '@kakilima/contracts/events'
import type { Db } from '@kakilima/kit/database'
import { inlineGraceMs } from '@kakilima/kit/outbox'
import { type RawBuilder, sql } from 'kysely'
import type { OrderTables } from '../database.ts'

/** A change of status that was stored, with the id of its event in the outbox. */
export type Transition = { event_id: number; order_id: number; paid_by_payment_id: number | null }

/**
 * Runs one guarded UPDATE of orders and stores the event of each row that it changed, in one statement. `update` is the statement
 * without its `returning`. `needsFollowUp` says that other services must hear of it. Returns what changed: nothing where the guard
 * (`where status = …`) found another state.
 */
export async function storeTransition(
  db: Db<OrderTables>,
  type: EventType,
  update: RawBuilder<unknown>,
  { needsFollowUp }: { needsFollowUp: boolean },
): Promise<Transition[]> {
  const { rows } = await sql<Transition>`
    with changed as (${update} returning orders.*)
    insert into outbox (type, subject_id, version, data, due_at)
    select ${type}, id, version, to_jsonb(changed) - 'idempotency_key',
      case when ${needsFollowUp} then clock_timestamp() + ${inlineGraceMs} * interval '1 millisecond' end
    from changed
    returning id as event_id, subject_id as order_id, (data->>'paid_by_payment_id')::int8 as paid_by_payment_id`.execute(
    db,
  )
  return rows
}
