import { FeedPosition, FeedReply, FeedRequest, ReaderPath } from '@kakilima/contracts/event-feed'
import type { EventType, ShopEvent } from '@kakilima/contracts/events'
import { MessageReply } from '@kakilima/contracts/lists'
import { type RawBuilder, sql } from 'kysely'
import type { Db } from './database.ts'
import { feedPosition, readFeed, settledUpTo } from './event-feed.ts'
import type { Server } from './server.ts'

/** What of an event's subject is told to others, made of what the outbox holds. */
export type PresentEvent = (type: EventType, data: any) => unknown

/**
 * Hands out the events of a service to other services. A reader with a name is remembered with its progress: what it has not read past
 * stays in the outbox, see `startTrimming`.
 */
export function eventFeedRoutes(app: Server, db: Db<any>, present: PresentEvent): void {
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
      const found = await readFeed<ShopEvent>(db, types === undefined ? columns : columnsOf(types), body)
      const isWanted = ({ type }: ShopEvent) => types === undefined || types.includes(type)
      const events = found.filter(isWanted)
      const settled = settledUpTo(body)
      if (body.reader !== undefined) await noteProgress(db, body.reader, settled)
      const told = events.map((event) => ({ ...event, data: present(event.type, withTimesOfTheWire(event.data)) }))
      // Looked at last: what was dropped while the events were read counts as well.
      return {
        events: told,
        ...(types && { passed: found.filter((event) => !isWanted(event)).map(({ id }) => id) }),
        is_cut: await isCut(db, body.after, settled),
      }
    },
  )
}

const columns = sql`type, subject_id, version, occurred_at, data`

/** What nobody wants is not even read but for its id: `order.placed` comes by the thousand in a second. */
function columnsOf(types: EventType[]): RawBuilder<unknown> {
  const isWanted = sql`type = any(${types}::text[])`
  const names = ['type', 'subject_id', 'version', 'occurred_at', 'data']
  return sql.join(names.map((name) => sql`case when ${isWanted} then ${sql.ref(name)} end as ${sql.ref(name)}`))
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
