import type { EventType } from '@kakilima/contracts/events'
import { type Generated, sql } from 'kysely'
import type { Db } from './database.ts'
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

export type Relay<Event extends OutboxEvent = OutboxEvent> = {
  db: Db<any>
  logger: Logger
  /** Does what follows from one event, in other services. May be called twice for the same one. */
  followUp: (event: Event) => Promise<void>
  idleMs?: number
}

const batchSize = 50
const longestPauseMs = 30_000

/**
 * Sees to events whose follow-up was not done inline: after a crash, or while a neighbour was away. It claims rows by moving their
 * `due_at` and never remembers "id greater than": commits land out of id order. It never gives up, since a sale must end the same on
 * both sides; the pause between two tries of one event grows to 30 s.
 */
export function startRelay<Event extends OutboxEvent>({ db, logger, followUp, idleMs = 250 }: Relay<Event>): Loop {
  async function round(): Promise<boolean> {
    const { rows } = await sql<Event & { id: number; attempts: number }>`
      update outbox
      set attempts = attempts + 1,
        due_at = clock_timestamp() + least(${longestPauseMs}, 500 * 2 ^ least(attempts, 10)) * (0.5 + random() / 2) * interval '1 millisecond'
      where id in (
        select id from outbox where due_at <= clock_timestamp() order by due_at limit ${batchSize} for update skip locked
      )
      returning id, type, subject_id, version, data, attempts`.execute(db)
    await Promise.all(rows.map(seeTo))
    return rows.length === batchSize
  }

  async function seeTo(event: Event & { id: number; attempts: number }): Promise<void> {
    try {
      await followUp(event)
      await markDone(db, [event.id])
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      logger.warn(
        { event: event.type, subject: event.subject_id, attempts: event.attempts, err: error },
        'a follow-up will be tried again',
      )
      await (db as Db<WithOutbox>)
        .updateTable('outbox')
        .set({ last_error: message.slice(0, 500) })
        .where('id', '=', event.id)
        .execute()
    }
  }

  return startLoop({ name: 'relay', logger, idleMs, round })
}
