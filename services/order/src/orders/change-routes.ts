import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import type { OrderChange } from '@kakilima/contracts/order/order'
import type { Db } from '@kakilima/kit/database'
import { feedPosition, readFeed, watchOutbox } from '@kakilima/kit/event-feed'
import { serve } from '@kakilima/kit/serve'
import type { Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import type { OrderTables } from '../database.ts'

/** For those who follow the orders as they change. They read how an order stands by its id: one that changed twice is read once. */
export function changeRoutes(app: Server, db: Db<OrderTables>): void {
  const writers = watchOutbox(db)

  serve(app, orderEndpoints.readChangesPosition, () => feedPosition(db))
  serve(app, orderEndpoints.readChanges, async ({ body }) => {
    const settled = body.missing.length === 0 ? 0 : await writers.settledUpTo(body.after)
    const columns = sql`subject_id as order_id, (data->>'user_id')::int8 as user_id`
    return { changes: await readFeed<OrderChange>(db, columns, body), settled }
  })
}
