import { type Kysely, sql } from 'kysely'
import type { Check, Violation } from './check.ts'

type EventFault = { id: number; version: number; events: number; last_type: string | null; expected: string }

/** I6: every change of state has its one event, and its time. I7: nothing stays in a passing state. */
export const eventChecks: Check[] = [
  {
    invariant: 'I6',
    holds: 'every state change of an order has its one event, and no event is without a change',
    find: async ({ order }) =>
      compareWithEvents(
        order,
        'order',
        sql`
          select id, version, case status when 'awaiting_payment' then 'order.placed' else 'order.' || status end as expected
          from orders`,
      ),
  },
  {
    invariant: 'I6',
    holds: 'every state change of a payment has its one event, and no event is without a change',
    find: async ({ payment }) =>
      compareWithEvents(
        payment,
        'payment',
        sql`
          select id, version, case
            when state in ('open', 'expired', 'voided') and receipt is not null then 'payment.received'
            when state = 'open' then 'payment.opened' else 'payment.' || state end as expected
          from payments`,
      ),
  },
  {
    invariant: 'I6',
    holds: 'orders and payments have the times of the steps that they went, and of no others',
    async find({ order, payment }) {
      const { rows: orders } = await sql<{ id: number; state: string }>`
        select id, status as state from orders
        where (paid_at is not null) <> (paid_by_payment_id is not null)
          or (confirmed_at is not null) <> (status = 'confirmed')
          or (ended_at is not null) <> (status in ('rejected', 'expired', 'canceled'))
        order by id`.execute(order)
      const { rows: payments } = await sql<{ id: number; state: string }>`
        select id, state from payments
        where (completed_at is not null) <> (state in ('completed', 'refund_due', 'refunded'))
          or (refund_due_at is not null) <> (state in ('refund_due', 'refunded'))
          or (refunded_at is not null) <> (state = 'refunded')
        order by id`.execute(payment)
      return Object.entries({ order: orders, payment: payments }).flatMap(([subject, rows]) =>
        rows.map(({ id, state }) => ({
          invariant: 'I6',
          subject: `${subject} ${id}`,
          message: `is ${state} and lacks the time of a step, or has one too many`,
        })),
      )
    },
  },
  {
    invariant: 'I7',
    holds: 'nothing stays in a passing state for longer than a minute',
    async find({ order, payment, inventory }) {
      const violations: Violation[] = []
      const { rows: stuck } = await sql<{ id: number; status: string }>`
        select id, status from orders
        where (status = 'confirming' and updated_at < clock_timestamp() - interval '1 minute')
          or (status = 'awaiting_payment' and expires_at < clock_timestamp() - interval '1 minute')
        order by id`.execute(order)
      for (const { id, status } of stuck) {
        violations.push({ invariant: 'I7', subject: `order ${id}`, message: `has been ${status} for too long` })
      }
      const { rows: waiting } = await sql<{ order_id: number }>`
        select order_id from new_orders
        where position > (select position from new_orders_progress) and accepted_at < clock_timestamp() - interval '1 minute'
          and not exists (select from orders where orders.id = order_id)
          and not exists (select from parked_orders where parked_orders.order_id = new_orders.order_id)
        order by position`.execute(order)
      for (const { order_id } of waiting) {
        violations.push({ invariant: 'I7', subject: `order ${order_id}`, message: 'has been queued for too long' })
      }
      for (const [name, db] of Object.entries({ order, payment, inventory })) {
        const { rows: late } = await sql<{ id: number; type: string; subject_id: number; last_error: string | null }>`
          select id, type, subject_id, last_error from outbox
          where due_at is not null and occurred_at < clock_timestamp() - interval '1 minute' order by id`.execute(db)
        for (const { type, subject_id, last_error } of late) {
          const message = `what follows from ${type} is not done: ${last_error ?? 'not tried yet'}`
          violations.push({ invariant: 'I7', subject: `${name} ${subject_id}`, message })
        }
      }
      return violations
    },
  },
]

async function compareWithEvents(
  db: Kysely<any>,
  subject: string,
  rowsWithExpectedEvent: ReturnType<typeof sql>,
): Promise<Violation[]> {
  const { rows } = await sql<EventFault>`
    with trimmed as (
      select coalesce(sum(events), 0)::int8 as events from trimmed_events where type like ${`${subject}.%`}
    ), told as (
      select subject_id, count(*)::int8 as events, count(distinct version)::int8 as versions,
        min(version) as first_version, max(version) as last_version,
        (array_agg(type order by version desc, id desc))[1] as last_type
      from outbox where type like ${`${subject}.%`} group by subject_id
    )
    select coalesce(id, subject_id) as id, coalesce(version, 0) as version, coalesce(events, 0) as events, last_type,
      coalesce(expected, 'no row') as expected
    from (${rowsWithExpectedEvent}) as rows full join told on subject_id = id
    where version is null
      -- The oldest events may have been dropped: those that are left are the last ones, without a gap.
      or (events is null and (select trimmed.events from trimmed) = 0)
      or (events is not null and (
        versions <> events or last_version <> version or last_type is distinct from expected
        or (first_version > 1 and (select trimmed.events from trimmed) = 0) or last_version - first_version + 1 <> events
      ))
    order by 1`.execute(db)
  const { rows: totals } = await sql<{ changes: number; events: number }>`
    select (select coalesce(sum(version), 0)::int8 from (${rowsWithExpectedEvent}) as rows) as changes,
      (select count(*)::int8 from outbox where type like ${`${subject}.%`})
        + (select coalesce(sum(events), 0)::int8 from trimmed_events where type like ${`${subject}.%`}) as events`.execute(
    db,
  )
  const { changes, events: told } = totals[0]!
  const violations: Violation[] = rows.map(({ id, version, events, last_type, expected }) => ({
    invariant: 'I6',
    subject: `${subject} ${id}`,
    message: `changed ${version} times and has ${events} events, the last ${last_type ?? 'none'} where ${expected} was due`,
  }))
  if (changes !== told && violations.length === 0) {
    const message = `changed ${changes} times and had ${told} events, those counted that were dropped since`
    violations.push({ invariant: 'I6', subject: `all ${subject}s`, message })
  }
  return violations
}
