import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { type Loop, startLoop } from '@kakilima/kit/loop'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { WebhookTables } from '../database.ts'

const batchSize = 1000
/** `stock.changed` comes by the million, and nobody looks for one that is old. So it is with a try that newer stock took the place of. */
const keepStockHours = 1
const keepParkedHours = 30 * 24

export type TrimOptions = { keepHours: number; retryHours: number }

/**
 * Drops deliveries that nobody needs any more, with events that no delivery names any more, and subscriptions that were deleted and
 * have none. Parks what could not be sent for so long that it is given up. Returns how many deliveries it has dealt with.
 */
export async function trimDeliveries(db: Db<WebhookTables>, { keepHours, retryHours }: TrimOptions): Promise<number> {
  const ended = (state: string, isStock: boolean, hours: number) => sql`
    (select id, event_id from deliveries
      where state = ${state} and (event_type = 'stock.changed') = ${isStock}
        and ended_at <= (select clock_timestamp() - ${hours}::float8 * interval '1 hour')
      order by ended_at limit ${batchSize})`
  const dropped = await inTransaction(db, async (tx) => {
    const { rows } = await sql<{ event_id: string }>`
      with old as (
        ${ended('delivered', false, keepHours)}
        union all ${ended('delivered', true, Math.min(keepHours, keepStockHours))}
        union all ${ended('superseded', true, Math.min(keepHours, keepStockHours))}
        union all ${ended('skipped', false, keepHours)}
        union all ${ended('parked', false, keepParkedHours)}
        union all ${ended('parked', true, keepParkedHours)}
        union all (
          select id, event_id from deliveries
          where subscription_id in (select id from subscriptions where deleted_at is not null) limit ${batchSize}
        )
      )
      delete from deliveries where id = any(array(select id from old)) returning event_id`.execute(tx)
    await sql`
      delete from events e where id = any(${rows.map((row) => row.event_id)}::text[])
        and not exists (select from deliveries d where d.event_id = e.id)`.execute(tx)
    return rows.length
  })
  await sql`
    delete from subscriptions s
    where deleted_at is not null and not exists (select from deliveries d where d.subscription_id = s.id)`.execute(db)
  const { numAffectedRows: parked } = await sql`
    update deliveries set state = 'parked', ended_at = clock_timestamp(), claim = null,
      error = coalesce(error, 'It could not be sent in time')
    where id = any(array(
      select id from deliveries
      where state = 'waiting' and queued_at <= (select clock_timestamp() - ${retryHours}::float8 * interval '1 hour')
        and (claim is null or due_at <= (select clock_timestamp()))
        -- One that failed a moment ago has its last try before it.
        and (attempts = 0 or due_at <= (select clock_timestamp() - interval '1 hour'))
      limit ${batchSize} for update skip locked
    ))`.execute(db)
  return dropped + Number(parked)
}

/** Trims every half a minute: see `trimDeliveries`. */
export function startTrimming(db: Db<WebhookTables>, logger: Logger, options: TrimOptions): Loop {
  return startLoop({
    name: 'trimming of deliveries',
    logger,
    idleMs: 30_000,
    round: async () => (await trimDeliveries(db, options)) >= batchSize,
  })
}
