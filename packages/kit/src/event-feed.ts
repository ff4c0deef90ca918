import { type FeedPosition, feedPage, mostMissing, scannedPage } from '@kakilima/contracts/event-feed'
import type { EventType, ShopEvent } from '@kakilima/contracts/events'
import { type RawBuilder, sql } from 'kysely'
import type { Db } from './database.ts'
import { createGaps, type Gaps, numbersIn, rangesOf } from './gaps.ts'
import type { Logger } from './logger.ts'
import { type Loop, startLoop } from './loop.ts'
import { type WriterWatch, watchWriters } from './watch-writers.ts'

/** Among how many of the last ids a reader that begins looks for those that are still to be committed. */
const lookBack = 10_000

/**
 * From where to read the outbox on, to learn of every event that is committed from now on. Transactions in progress hold ids already, so
 * the last ids that can't be seen are missing, not known. Not so where events were dropped: up to the last of them all is old.
 */
export async function feedPosition(db: Db<any>): Promise<FeedPosition> {
  const { rows } = await sql<FeedPosition>`
    with recent as materialized (select id from outbox order by id desc limit ${lookBack}),
      head as (select coalesce(pg_sequence_last_value(pg_get_serial_sequence('outbox', 'id')::regclass), 0) as id),
      trimmed as (select coalesce(max(last_id), 0) as id from trimmed_events)
    select head.id as after, coalesce(
      (
        select jsonb_agg(id) from generate_series(greatest(trimmed.id, head.id - ${lookBack}) + 1, head.id) as id
        where id not in (select id from recent)
      ),
      '[]'
    ) as missing
    from head, trimmed`.execute(db)
  return rows[0]!
}

/**
 * The events after a position and those that were missing there and are committed now, in order of their ids, `feedPage` of them at most.
 * `columns` says what of them beside the id.
 *
 * @example
 * await readFeed<{ id: number; subject_id: number }>(db, sql`subject_id`, { after: 120, missing: [117] })
 */
export async function readFeed<Event extends { id: number }>(
  db: Db<any>,
  columns: RawBuilder<unknown>,
  { after, missing }: FeedPosition,
): Promise<Event[]> {
  // Two selects and not one `or`, which the planner would answer by walking the index from its beginning.
  const { rows } = await sql<Event>`
    select id, ${columns} from (
      (select * from outbox where id > ${after} order by id limit ${feedPage})
      union all
      (select * from outbox where id = any(${missing}::int8[]))
    ) as event
    order by id limit ${feedPage}`.execute(db)
  return rows
}

/**
 * As `readFeed`, for whoever wants some types only: of the others nothing but the id is read, and up to `scannedPage` of them are gone
 * through at once. `order.placed` comes by the thousand in a second, and mostly nobody wants it.
 */
export async function readWanted(
  db: Db<any>,
  types: EventType[],
  { after, missing }: FeedPosition,
): Promise<{ events: ShopEvent[]; passed: number[] }> {
  // As two lists in one row: a row for each id would cost more than all the rest.
  const { rows } = await sql<{ wanted: number[] | null; passed: number[] | null }>`
    with page as (
      (select id, type = any(${types}::text[]) as is_wanted from outbox where id > ${after} order by id limit ${scannedPage})
      union all
      (select id, type = any(${types}::text[]) from outbox where id = any(${missing}::int8[]))
    )
    select json_agg(id order by id) filter (where is_wanted) as wanted,
      json_agg(id order by id) filter (where not is_wanted) as passed
    from page`.execute(db)
  const wanted = rows[0]!.wanted ?? []
  const passed = rows[0]!.passed ?? []
  const next = wanted[feedPage]
  return {
    events: wanted.length === 0 ? [] : await readEvents(db, wanted.slice(0, feedPage)),
    passed: next === undefined ? passed : passed.filter((id) => id < next),
  }
}

async function readEvents(db: Db<any>, ids: number[]): Promise<ShopEvent[]> {
  const { rows } = await sql<ShopEvent>`
    select id, type, subject_id, version, occurred_at, data from outbox where id = any(${ids}::int8[]) order by id`.execute(
    db,
  )
  return rows
}

/** Tells which events may still come to the outbox of a database. */
export function watchOutbox(db: Db<any>): WriterWatch {
  return watchWriters(db, { table: 'outbox', sequence: 'outbox_id_seq' })
}

/** Where a reader stands that begins at a position. */
export function gapsAt({ after, missing }: FeedPosition): Gaps {
  return createGaps({ after, missing: rangesOf(missing) })
}

/** What a reader of a feed asks for next. */
export function nextOf(gaps: Gaps): FeedPosition {
  return { after: gaps.highest(), missing: numbersIn(gaps.missing(), mostMissing) }
}

/**
 * Notes a page that was read: what it held, and up to where the service says that nothing can come any more. A page that `isFull` may have
 * left something out behind its last event, and of what was not asked for nothing is known.
 */
export function notePage(
  gaps: Gaps,
  { missing }: FeedPosition,
  { seen, settled, isFull }: { seen: number[]; settled: number; isFull: boolean },
): void {
  gaps.note(seen)
  const looked = isFull ? Math.max(0, ...seen) : settled
  gaps.giveUp(Math.min(settled, looked, missing.length === mostMissing ? missing.at(-1)! : settled))
}

/** The id up to which a reader at this position needs nothing any more. */
export function settledUpTo({ after, missing }: FeedPosition): number {
  return missing.reduce((lowest, id) => Math.min(lowest, id - 1), after)
}

export type FeedOptions<Event> = {
  name: string
  logger: Logger
  /** How long to rest when there was nothing new. */
  idleMs: number
  /** Whether anybody wants to know. While nobody does nothing is asked, and what happens meanwhile is not told later. */
  isWanted: () => boolean
  /** Asks the service whose events they are: see `feedPosition` and `readFeed`. */
  position: () => Promise<FeedPosition>
  read: (position: FeedPosition) => Promise<{ events: Event[]; settled: number }>
  /** Sees to the events, of which there may be none. When it throws it gets them again. */
  handle: (events: Event[]) => Promise<void>
}

/**
 * Follows the events of a service from now on. Each is handled once or, after a failure, more often, and mostly in order of ids: one that
 * was committed late comes late. While the service is away this waits and then goes on from where it was, so that nothing is missed.
 */
export function followFeed<Event extends { id: number }>({
  name,
  logger,
  idleMs,
  isWanted,
  position,
  read,
  handle,
}: FeedOptions<Event>): Loop {
  let gaps: Gaps | undefined

  async function round(): Promise<boolean> {
    if (!isWanted()) {
      gaps = undefined
      return false
    }
    gaps ??= gapsAt(await position())
    const asked = nextOf(gaps)
    const { events, settled } = await read(asked)
    await handle(events)
    const isFull = events.length >= feedPage
    notePage(gaps, asked, { seen: events.map((event) => event.id), settled, isFull })
    return isFull
  }

  return startLoop({ name, logger, idleMs, round })
}
