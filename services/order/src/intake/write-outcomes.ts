import type { Decision } from '@kakilima/contracts/inventory'
import type { Db } from '@kakilima/kit/database'
import type { QueuedOrder } from '@kakilima/queue/queue'
import { sql } from 'kysely'
import type { OrderTables } from '../database.ts'
import { windowOf } from '../payment-windows/window-of.ts'

/** What an order becomes by its decision. */
export type Outcome = { order: Omit<QueuedOrder, 'body'>; decision: Decision }

/**
 * Writes the outcome of a batch in one statement: orders and the events that tell of them. The payment deadline is set by the clock of
 * this database in the same statement: `windowSeconds` later, unless admins have set another window. Orders that were written before, here or by another worker, stay as they are. Returns how many
 * were written now.
 */
export async function writeOutcomes(db: Db<OrderTables>, outcomes: Outcome[], windowSeconds: number): Promise<number> {
  const rows = outcomes.map(toRow)
  const { numAffectedRows } = await sql`
    with placed as (
      insert into orders (
        id, user_id, status, lines, quantity, total_price, reason, shortages, idempotency_key, created_at, expires_at,
        ended_at
      )
      select id, user_id, status, lines, quantity, total_price, reason, shortages, idempotency_key, created_at,
        case when status = 'awaiting_payment' and seconds > 0
          then clock_timestamp() + seconds * interval '1 second' end,
        case when status = 'rejected' then clock_timestamp() end
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as o(
        id int8, user_id int8, status text, lines jsonb, quantity int8, total_price int8, reason text, shortages jsonb,
        idempotency_key text, created_at timestamptz
      )
      cross join (select ${windowOf({ standard: windowSeconds }, 'standard')} as seconds) as payment_window
      -- In one order, or two workers with the same orders could wait for each other.
      order by id
      on conflict (id) do nothing
      returning *
    )
    insert into outbox (type, subject_id, version, data)
    select case status when 'rejected' then 'order.rejected' else 'order.placed' end, id, version,
      to_jsonb(placed) - 'idempotency_key'
    from placed`.execute(db)
  return Number(numAffectedRows ?? 0)
}

function toRow({ order, decision }: Outcome) {
  const { lines } = decision
  return {
    id: order.order_id,
    user_id: order.user_id,
    status: decision.state === 'reserved' ? 'awaiting_payment' : 'rejected',
    lines,
    quantity: lines.reduce((sum, line) => sum + line.quantity, 0),
    // A rejected order may be too dear for exact integers, and costs nothing anyway.
    total_price:
      decision.state === 'reserved' ? lines.reduce((sum, line) => sum + line.unit_price * line.quantity, 0) : 0,
    reason: decision.reason,
    shortages: decision.shortages,
    idempotency_key: order.idempotency_key,
    created_at: order.accepted_at,
  }
}
