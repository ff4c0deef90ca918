import { parseIds } from '@kakilima/contracts/ids'
import type { NewestOrdersQuery, Order, OrderListQuery } from '@kakilima/contracts/order/order'
import type { Db } from '@kakilima/kit/database'
import { page } from '@kakilima/kit/lists'
import type { Queue } from '@kakilima/queue/queue'
import { sql } from 'kysely'
import type { OrderTables } from '../database.ts'
import { presentQueued } from '../intake/queued-order.ts'
import { presentOrder } from './order.ts'

const defaultNewestLimit = 100

/** A page of decided orders. What is still queued is in no list. */
export async function listOrders(
  db: Db<OrderTables>,
  { ids, status, user_id, ...paging }: OrderListQuery,
): Promise<{ rows: Order[]; hasMore: boolean }> {
  let query = db.selectFrom('orders').selectAll()
  if (ids !== undefined) query = query.where('id', '=', sql<number>`any(${parseIds(ids)}::int8[])`)
  if (status !== undefined) query = query.where('status', '=', status)
  if (user_id !== undefined) query = query.where('user_id', '=', user_id)
  const { rows, hasMore } = await page(query, 'id', paging)
  return { rows: rows.map(presentOrder), hasMore }
}

/** A page of a customer's orders, or of everybody's decided ones, newest first. A customer's queued ones are among them. */
export async function listNewestOrders(
  { db, queue }: { db: Db<OrderTables>; queue: Queue },
  { user_id, before = Number.MAX_SAFE_INTEGER, limit = defaultNewestLimit }: NewestOrdersQuery,
): Promise<{ rows: Order[]; hasMore: boolean }> {
  // The queue first: what is decided between the two looks is then found in the tables.
  const queued = user_id === undefined ? [] : await queue.waitingOf(user_id)
  let query = db.selectFrom('orders').selectAll().where('id', '<', before).orderBy('id', 'desc')
  if (user_id !== undefined) query = query.where('user_id', '=', user_id)
  const decided = (await query.limit(limit + 1).execute()).map(presentOrder)
  const known = new Set(decided.map((order) => order.id))
  const waiting = queued.filter((order) => order.order_id < before && !known.has(order.order_id)).map(presentQueued)
  const rows = [...decided, ...waiting].toSorted((one, other) => other.id - one.id)
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit }
}

/** Orders that wait for staff, oldest first. */
export async function listUnconfirmed(db: Db<OrderTables>): Promise<Order[]> {
  const rows = await db
    .selectFrom('orders')
    .selectAll()
    .where('status', 'in', ['paid', 'confirming'])
    .orderBy('id')
    .limit(1000)
    .execute()
  return rows.map(presentOrder)
}
