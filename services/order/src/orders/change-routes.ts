import { FeedPosition } from '@kakilima/contracts/event-feed'
import { OrderChange } from '@kakilima/contracts/order/order'
import type { Db } from '@kakilima/kit/database'
import { feedPosition, readFeed } from '@kakilima/kit/event-feed'
import type { Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import Type from 'typebox'
import type { OrderTables } from '../database.ts'

/** For those who follow the orders as they change. They read how an order stands by its id: one that changed twice is read once. */
export function changeRoutes(app: Server, db: Db<OrderTables>): void {
  app.get(
    '/orders/changes/position',
    { schema: { summary: 'From where to read changes on', response: { 200: FeedPosition } } },
    async () => feedPosition(db),
  )

  app.post(
    '/orders/changes',
    {
      schema: {
        summary: 'Which orders changed after a position',
        body: FeedPosition,
        response: { 200: Type.Array(OrderChange) },
      },
    },
    async (request) =>
      readFeed<OrderChange>(db, sql`subject_id as order_id, (data->>'user_id')::int8 as user_id`, request.body),
  )
}
