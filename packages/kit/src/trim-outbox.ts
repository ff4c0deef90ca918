import { sql } from 'kysely'
import Type from 'typebox'
import type { Db } from './database.ts'
import type { Logger } from './logger.ts'
import { type Loop, startLoop } from './loop.ts'

/** The setting of every service that has events. */
export const eventSettings = {
  EVENTS_KEEP_MINUTES: Type.Number({
    default: 60,
    minimum: 0,
    description:
      'How long an event stays in the outbox at least, after which it is dropped once every reader has read it.',
  }),
}

const batchSize = 5000
/** A reader that has not come for so long has gone for good. Should it come back, it is told that events are missing. */
const readerDays = 7

/**
 * Drops the oldest events that nobody needs any more: everything is done that follows from them, every reader has passed them, and they
 * are older than `keepMinutes`. How many of each type went is kept, so that the auditor can still count them. Looks at the 5,000 oldest
 * events; returns how many of them were dropped.
 */
export async function trimOutbox(db: Db<any>, keepMinutes: number): Promise<number> {
  const { rows } = await sql<{ events: number }>`
    with oldest as (
      select id, due_at, occurred_at from outbox order by id limit ${batchSize}
    ), gone as (
      delete from outbox where id = any(array(
        select id from oldest
        where due_at is null and occurred_at < clock_timestamp() - ${keepMinutes}::float8 * interval '1 minute'
          and id <= (
            select coalesce(min(settled_id), ${Number.MAX_SAFE_INTEGER}) from feed_readers
            where read_at > clock_timestamp() - ${readerDays} * interval '1 day'
          )
      ))
      returning id, type
    ), counted as (
      insert into trimmed_events as t (type, events, last_id)
      select type, count(*), max(id) from gone group by type order by type
      on conflict (type) do update
      set events = t.events + excluded.events, last_id = greatest(t.last_id, excluded.last_id)
    )
    select count(*)::int8 as events from gone`.execute(db)
  return rows[0]!.events
}

/** Trims the outbox of a service every few seconds: see `trimOutbox`. */
export function startTrimming(db: Db<any>, logger: Logger, keepMinutes: number): Loop {
  return startLoop({
    name: 'trimming of the outbox',
    logger,
    idleMs: 5000,
    round: async () => (await trimOutbox(db, keepMinutes)) === batchSize,
  })
}
