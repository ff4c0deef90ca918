import type { Order } from '@kakilima/contracts/order/order'
import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import type { Queue } from '@kakilima/queue/queue'
import type { OrderTables } from '../database.ts'
import { presentQueued } from '../intake/queued-order.ts'
import { type OrderRow, presentOrder } from './order.ts'

/** A decided order. Throws `order-not-found` also while it is queued. */
export async function findDecidedOrder(db: Db<OrderTables>, id: number): Promise<OrderRow> {
  const row = await db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw problem('order-not-found', 'Order not found')
  return row
}

/** An order in any status. Looks in the tables, then the queue, then the tables again: it may have been decided in between. */
export async function findOrder(db: Db<OrderTables>, queue: Queue, id: number): Promise<Order> {
  const select = () => db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirst()
  const decided = await select()
  if (decided !== undefined) return presentOrder(decided)
  const queued = await queue.find(id)
  const decidedMeanwhile = await select()
  if (decidedMeanwhile !== undefined) return presentOrder(decidedMeanwhile)
  if (queued === undefined) throw problem('order-not-found', 'Order not found')
  return presentQueued(queued)
}
