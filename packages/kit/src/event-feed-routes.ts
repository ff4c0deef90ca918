import { FeedPosition, FeedReply, FeedRequest, ReaderPath } from '@kakilima/contracts/event-feed'
import type { EventType, ShopEvent } from '@kakilima/contracts/events'
import { MessageReply } from '@kakilima/contracts/lists'
import { sql } from 'kysely'
import type { Db } from './database.ts'
import { feedPosition, readFeed, readWanted, settledUpTo, watchOutbox } from './event-feed.ts'
import type { Server } from './server.ts'

/** What of an event's subject is told to others, made of what the outbox holds. */
export type PresentEvent = (type: EventType, data: any) => unknown

/**
 * Hands out the events of a service to other services. A reader with a name is remembered with its progress: what it has not read past
 * stays in the outbox, see `startTrimming`.
 */
export function eventFeedRoutes(app: Server, db: Db<any>, present: PresentEvent): void {
  const writers = watchOutbox(db)

  app.put(
    '/events/readers/:reader',
    {
      schema: {
        summary: 'Keep events for a reader from now on; says from where to read',
        params: ReaderPath,
        response: { 200: FeedPosition },
      },
    },
    async (request) => {
      const position = await feedPosition(db)
      await noteProgress(db, request.params.reader, settledUpTo(position))
      return position
    },
  )

  app.delete(
    '/events/readers/:reader',
    {
      schema: {
        summary: 'Keep no events for a reader any more',
        params: ReaderPath,
        response: { 200: MessageReply },
      },
    },
    async (request) => {
      await sql`delete from feed_readers where reader = ${request.params.reader}`.execute(db)
      return { message: 'No events are kept for this reader any more' }
    },
  )

  app.post(
    '/events',
    { schema: { summary: 'The events after a position', body: FeedRequest, response: { 200: FeedReply } } },
    async ({ body }) => {
      const { types } = body
      const gone = body.missing.length === 0 ? 0 : await writers.settledUpTo(body.after)
      const { events, passed } = types === undefined ? await readAll(db, body) : await readWanted(db, types, body)
      const settled = settledUpTo(body)
      if (body.reader !== undefined) await noteProgress(db, body.reader, settled)
      const told = events.map((event) => ({ ...event, data: present(event.type, withTimesOfTheWire(event.data)) }))
      // Looked at last: what was dropped while the events were read counts as well.
      return {
        events: told,
        ...(passed && { passed }),
        settled: gone,
        is_cut: await isCut(db, body.after, settled),
      }
    },
  )
}

async function readAll(db: Db<any>, position: FeedPosition): Promise<{ events: ShopEvent[]; passed?: number[] }> {
  return { events: await readFeed<ShopEvent>(db, sql`type, subject_id, version, occurred_at, data`, position) }
}

/** Written at most once a minute where nothing is new: readers ask several times a second. */
async function noteProgress(db: Db<any>, reader: string, settled: number): Promise<void> {
  await sql`
    insert into feed_readers as r (reader, settled_id) values (${reader}, ${settled})
    on conflict (reader) do update set settled_id = excluded.settled_id, read_at = clock_timestamp()
    where r.settled_id <> excluded.settled_id or r.read_at < clock_timestamp() - interval '1 minute'`.execute(db)
}

/**
 * Whether a reader cannot go on from where it was: events that it needs were dropped, or it has read further than ids were ever given
 * out, in a database that is an older copy by now.
 */
async function isCut(db: Db<any>, after: number, settled: number): Promise<boolean> {
  const { rows } = await sql<{ is_cut: boolean }>`
    select coalesce(max(last_id), 0) > ${settled}
      or coalesce(pg_sequence_last_value(pg_get_serial_sequence('outbox', 'id')::regclass), 0) < ${after} as is_cut
    from trimmed_events`.execute(db)
  return rows[0]!.is_cut
}

/** Times inside of JSON stand as PostgreSQL writes them there; they end in `_at`, as all our times do. */
function withTimesOfTheWire(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      name.endsWith('_at') && typeof value === 'string' ? new Date(value).toISOString() : value,
    ]),
  )
}
