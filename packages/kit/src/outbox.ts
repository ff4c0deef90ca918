import type { EventType } from '@kakilima/contracts/events'
import { isProblem } from '@kakilima/contracts/problems'
import { type Generated, sql } from 'kysely'
import { type Db, isDatabaseAway } from './database.ts'
import type { Logger } from './logger.ts'
import { type Loop, startLoop } from './loop.ts'

/** The table `outbox` of a service, as its migrations make it. */
export type OutboxTable = {
  id: Generated<number>
  type: EventType
  subject_id: number
  version: number
  data: unknown
  occurred_at: Generated<string>
  due_at: string | null
  attempts: Generated<number>
  last_error: string | null
}

export type OutboxEvent = { type: EventType; subject_id: number; version: number; data: unknown }

type WithOutbox = { outbox: OutboxTable }

/**
 * How long the request that made a change has for the work that follows from it in other services, before the relay sees to it. Both
 * at once would do no harm, only work twice.
 */
export const inlineGraceMs = 3000

/**
 * Stores events with the change they tell of: pass the transaction that makes the change. `needsFollowUp` says that other services
 * must hear of it: the relay sees to that unless `markDone` is called first. Returns the ids of the stored events.
 */
export async function addToOutbox(tx: Db<any>, events: OutboxEvent[], needsFollowUp: boolean): Promise<number[]> {
  if (events.length === 0) return []
  const { rows } = await sql<{ id: number }>`
    insert into outbox (type, subject_id, version, data, due_at)
    select type, subject_id, version, data,
      case when ${needsFollowUp} then clock_timestamp() + ${inlineGraceMs} * interval '1 millisecond' end
    from jsonb_to_recordset(${JSON.stringify(events)}::jsonb) as event(type text, subject_id int8, version int8, data jsonb)
    returning id`.execute(tx)
  return rows.map((row) => row.id)
}

/** Notes that what follows from these events has been done. */
export async function markDone(db: Db<any>, eventIds: number[]): Promise<void> {
  if (eventIds.length === 0) return
  await (db as Db<WithOutbox>)
    .updateTable('outbox')
    .set({ due_at: null, last_error: null })
    .where('id', 'in', eventIds)
    .execute()
}

export type RelayOptions = {
  db: Db<any>
  logger: Logger
  /** Does what follows from events of one type, in other services. May be called again for the same ones. */
  followUp: (type: EventType, events: OutboxEvent[]) => Promise<void>
  idleMs?: number
}

type ClaimedEvent = OutboxEvent & { id: number; attempts: number }

const batchSize = 500
const longestPauseMs = 30_000

/**
 * Sees to events whose follow-up was not done inline: after a crash, or while a neighbour was away. It claims rows by moving their
 * `due_at` and never remembers "id greater than": commits land out of id order. It never gives up, since a sale must end the same on
 * both sides; the pause between two tries of one event grows to 30 s.
 */
export function startRelay({ db, logger, followUp, idleMs = 250 }: RelayOptions): Loop {
  async function round(): Promise<boolean> {
    const events = await claim(db)
    const byType = Map.groupBy(events, (event) => event.type)
    await Promise.all([...byType].map(([type, group]) => seeTo(type, group)))
    return events.length === batchSize
  }

  async function seeTo(type: EventType, events: ClaimedEvent[]): Promise<void> {
    try {
      await followUp(type, events)
      await markDone(
        db,
        events.map((event) => event.id),
      )
    } catch (error) {
      // One bad event must not hold up the others: those that failed before are tried alone. While a neighbour is away all would fail.
      const isAway = isProblem(error, 'neighbor-unavailable') || isDatabaseAway(error)
      if (!isAway && events.length > 1 && events.some((event) => event.attempts > 1)) {
        for (const event of events) await seeTo(type, [event])
        return
      }
      const subjects = events.map((event) => event.subject_id)
      logger.warn({ event: type, subjects, err: error }, 'follow-ups failed and will be tried again')
      await noteFailure(db, events, error)
    }
  }

  return startLoop({ name: 'relay', logger, idleMs, round })
}

async function claim(db: Db<any>): Promise<ClaimedEvent[]> {
  const { rows } = await sql<ClaimedEvent>`
    update outbox
    set attempts = attempts + 1,
      due_at = clock_timestamp()
        + least(${longestPauseMs}, 500 * 2 ^ least(attempts, 10)) * (0.5 + random() / 2) * interval '1 millisecond'
    where id = any(array(
      select id from outbox where due_at <= (select clock_timestamp()) order by due_at limit ${batchSize} for update skip locked
    ))
    returning id, type, subject_id, version, data, attempts`.execute(db)
  return rows
}

async function noteFailure(db: Db<WithOutbox>, events: ClaimedEvent[], error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error)
  await db
    .updateTable('outbox')
    .set({ last_error: message.slice(0, 500) })
    .where(
      'id',
      'in',
      events.map((event) => event.id),
    )
    .execute()
}
