import { type FeedPosition, feedPage, type ReaderName, scannedPage } from '@kakilima/contracts/event-feed'
import type { EventType, ShopEvent } from '@kakilima/contracts/events'
import type { EventFeedClient } from '@kakilima/contracts/shop-clients'
import { sql, type Transaction } from 'kysely'
import type { Db } from './database.ts'
import { nextOf, notePage } from './event-feed.ts'
import { createGaps, numbersIn, rangesOf } from './gaps.ts'
import type { Logger } from './logger.ts'
import { type Loop, startLoop } from './loop.ts'
import { inTransaction } from './transaction.ts'

/** The table `feed_positions` of a service that follows others, as its migrations make it. */
export type FeedPositionTable = {
  /** Whose events: `inventory`. */
  feed: string
  after: number
  missing: number[]
  /** Grows whenever the position changes. */
  revision: number
}

export type DurableFeedOptions<Tables> = {
  /** The service whose events are followed: `inventory`. */
  feed: string
  /** The name under which that service keeps the progress in mind: `catalog`. */
  reader: ReaderName
  client: Pick<EventFeedClient, 'read'>
  db: Db<Tables>
  logger: Logger
  idleMs: number
  /** Which types are wanted; all unless given. The ids of the others are all that is read of them. */
  types?: (db: Db<Tables>) => Promise<EventType[]>
  /** Called with the events before the transaction, for what has to be asked elsewhere: no transaction waits for a neighbour. */
  prepare?: (events: ShopEvent[]) => Promise<void>
  /** Writes what follows from the events, in the transaction that moves the position. Events come in order of their ids. */
  handle: (tx: Transaction<Tables>, events: ShopEvent[]) => Promise<void>
  /** Called after a position has moved and was committed, here or by another process. */
  onMoved?: (events: ShopEvent[] | undefined) => void
  /** What to do where no position is stored, or where events after it are gone: store one (`storePosition`), or leave it. */
  begin: (why: 'new' | 'cut') => Promise<void>
}

/**
 * Follows the events of another service and forgets none: the position is stored in the transaction that writes what follows from the
 * events, so each takes effect once, whenever this process dies. Events of one subject come in their order, since the service writes
 * them behind a lock on the subject. Several processes may follow for one database: whoever stores first wins, the others read anew.
 */
export function followDurably<Tables>(options: DurableFeedOptions<Tables>): Loop {
  const { feed, reader, client, db, logger, idleMs, handle, onMoved, begin } = options
  const { types: findTypes, prepare } = options
  const gaps = createGaps({ after: 0 })
  let revision: number | undefined
  /** Whether `gaps` says what is stored at `revision`. */
  let isRead = false

  async function round(): Promise<boolean> {
    const stored = await findPosition(db, feed)
    if (stored === undefined) {
      revision = undefined
      await begin('new')
      return false
    }
    if (stored.revision !== revision) {
      // Moved by another process, or by one of an earlier life.
      onMoved?.(undefined)
      isRead = false
    }
    if (!isRead) gaps.moveTo({ after: stored.after, missing: rangesOf(stored.missing) })
    revision = stored.revision
    isRead = true

    const types = await findTypes?.(db)
    const asked = nextOf(gaps)
    const { events, passed = [], settled, is_cut } = await client.read({ ...asked, reader, ...(types && { types }) })
    if (is_cut) {
      // Another process may have gone on while this one asked.
      if ((await findPosition(db, feed))?.revision === revision) await begin('cut')
      return false
    }
    // Until the transaction has committed nothing of this is known: a failure reads the stored position again.
    isRead = false
    const seen = [...events.map((event) => event.id), ...passed]
    const isFull = events.length >= feedPage || seen.length >= scannedPage
    notePage(gaps, asked, { seen, settled, isFull })
    const position = { after: gaps.highest(), missing: numbersIn(gaps.missing(), Infinity) }
    if (seen.length > 0 || position.missing.length !== stored.missing.length) {
      await prepare?.(events)
      const isStored = await inTransaction(db, async (tx) => {
        // Somebody wants more by now, and what was read may lack it.
        if (types !== undefined && (await findTypes!(tx)).some((type) => !types.includes(type))) return false
        if (!(await movePosition(tx, feed, position, stored.revision))) return false
        await handle(tx, events)
        return true
      })
      if (!isStored) return true
      revision = stored.revision + 1
      onMoved?.(events)
    }
    isRead = true
    return isFull
  }

  return startLoop({ name: `events of ${feed}`, logger, idleMs, round })
}

async function findPosition(db: Db<any>, feed: string): Promise<FeedPositionTable | undefined> {
  return (db as Db<{ feed_positions: FeedPositionTable }>)
    .selectFrom('feed_positions')
    .selectAll()
    .where('feed', '=', feed)
    .executeTakeFirst()
}

async function movePosition(db: Db<any>, feed: string, to: FeedPosition, revision: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update feed_positions set after = ${to.after}, missing = ${JSON.stringify(to.missing)}::jsonb, revision = revision + 1
    where feed = ${feed} and revision = ${revision}`.execute(db)
  return numAffectedRows === 1n
}

/** Stores from where a feed is to be followed, whatever was stored before. Processes that follow it begin there. */
export async function storePosition(db: Db<any>, feed: string, { after, missing }: FeedPosition): Promise<void> {
  await sql`
    insert into feed_positions as p (feed, after, missing) values (${feed}, ${after}, ${JSON.stringify(missing)}::jsonb)
    on conflict (feed) do update
    set after = excluded.after, missing = excluded.missing, revision = p.revision + 1`.execute(db)
}
