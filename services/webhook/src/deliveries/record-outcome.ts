import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { type RawBuilder, sql } from 'kysely'
import type { WebhookTables } from '../database.ts'
import { type Outcome, retryDelayMs } from './delivery.ts'

export type Tried = { id: number; claim: string; attempts: number; subscriptionId: number }

/** Notes how a try ended: what was sent and answered, and what comes of it. */
export async function recordOutcome(
  db: Db<WebhookTables>,
  tried: Tried,
  outcome: Outcome,
  durationMs: number,
  retryHours: number,
): Promise<void> {
  const answer = sql`
    claim = null, answered_at = clock_timestamp(), duration_ms = ${Math.round(durationMs)},
    request = ${outcome.request && JSON.stringify(outcome.request)}::jsonb, response_status = ${outcome.status},
    response_body = ${outcome.body}, error = ${outcome.error}`
  switch (outcome.verdict) {
    case 'delivered':
      await sql`
        with delivered as (
          update deliveries set state = 'delivered', ended_at = clock_timestamp(), ${answer}
          -- Also where its lease has passed: it has arrived.
          where id = ${tried.id} and state <> 'delivered'
          returning id, subscription_id, subject
        ), ${nextOf(sql`delivered`)}
        ${noteTime('last_success_at', tried.subscriptionId)}`.execute(db)
      break
    case 'skipped':
      await sql`
        with skipped as (
          update deliveries set state = 'skipped', ended_at = clock_timestamp(), ${answer}
          where id = ${tried.id} and claim = ${tried.claim}
          returning id, subscription_id, subject
        ), ${nextOf(sql`skipped`)}
        select 1`.execute(db)
      break
    case 'failed':
      await recordFailure(db, tried, answer, outcome.retryAfterMs, retryHours)
      break
    case 'refused':
      await recordFailure(db, tried, answer, null, 0)
      break
    case 'gone':
      await inTransaction(db, async (tx) => {
        await recordFailure(tx, tried, answer, null, 0)
        await deactivate(tx, tried.subscriptionId, outcome.error ?? '')
      })
      break
    case 'interrupted':
      await sql`
        update deliveries set claim = null, attempts = attempts - 1, due_at = clock_timestamp()
        where id = ${tried.id} and claim = ${tried.claim}`.execute(db)
      break
    default:
      throw new Error(`a try cannot end as ${String(outcome.verdict satisfies never)}`)
  }
}

/**
 * Due again after a pause, parked when that has gone on for too long, or superseded by newer stock. What waits behind it is not looked at
 * before it is tried again, and newer stock takes over its pause.
 */
async function recordFailure(
  db: Db<WebhookTables>,
  { id, claim, attempts, subscriptionId }: Tried,
  answer: RawBuilder<unknown>,
  retryAfterMs: number | null,
  retryHours: number,
): Promise<void> {
  const delayMs = retryDelayMs(attempts, Math.random(), retryAfterMs)
  const dueAt = sql`clock_timestamp() + ${delayMs}::float8 * interval '1 millisecond'`
  await sql`
    with judged as (
      select d.id, newer.id as newer_id, case
        when newer.id is not null then 'superseded'
        when d.queued_at <= clock_timestamp() - ${retryHours}::float8 * interval '1 hour' then 'parked'
        else 'waiting'
      end as state
      from deliveries d
      left join lateral (
        select n.id from deliveries n
        where d.event_type = 'stock.changed' and n.subscription_id = d.subscription_id and n.subject = d.subject
          and n.state = 'waiting' and n.event_type = 'stock.changed' and n.id > d.id
        order by n.id desc limit 1
      ) newer on true
      where d.id = ${id} and d.claim = ${claim}
      for update of d
    ), failed as (
      update deliveries d set
        state = j.state, due_at = ${dueAt}, ended_at = case when j.state <> 'waiting' then clock_timestamp() end, ${answer}
      from judged j where d.id = j.id
      returning d.id, d.subscription_id, d.subject, d.state, j.newer_id
    ), held_up as (
      update deliveries n set
        due_at = greatest(n.due_at, ${dueAt}),
        attempts = case when n.id = f.newer_id then greatest(n.attempts, ${attempts}) else n.attempts end
      from failed f
      where f.state <> 'parked' and n.subscription_id = f.subscription_id and n.subject = f.subject
        and n.state = 'waiting' and n.claim is null and n.id > f.id
    ), parked as (
      select id, subscription_id, subject from failed where state = 'parked'
    ), ${nextOf(sql`parked`)}
    ${noteTime('last_failure_at', subscriptionId)}`.execute(db)
}

/** Lets the next of the same subject be tried at once, which was held up by what has ended now. For `with …`. */
function nextOf(ended: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`next as (
    update deliveries n set due_at = clock_timestamp()
    from ${ended} e
    where n.id = (
        select min(w.id) from deliveries w
        where w.subscription_id = e.subscription_id and w.subject = e.subject and w.state = 'waiting' and w.id <> e.id
      )
      and n.claim is null and n.attempts = 0
  )`
}

/** Once a second is enough, or all deliveries of a receiver would wait for one row. */
function noteTime(column: 'last_success_at' | 'last_failure_at', subscriptionId: number): RawBuilder<unknown> {
  return sql`
    update subscriptions set ${sql.ref(column)} = clock_timestamp()
    where id = ${subscriptionId}
      and (${sql.ref(column)} is null or ${sql.ref(column)} < clock_timestamp() - interval '1 second')`
}

async function deactivate(db: Db<WebhookTables>, id: number, reason: string): Promise<void> {
  await db
    .updateTable('subscriptions')
    .set({ is_active: false, inactive_reason: reason, version: sql`version + 1`, updated_at: sql`clock_timestamp()` })
    .where('id', '=', id)
    .where('is_active', '=', true)
    .execute()
}
