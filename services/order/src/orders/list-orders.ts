import type { Order, OrderListQuery } from '@kakilima/contracts/order'
import type { Db } from '@kakilima/kit/database'
import { page } from '@kakilima/kit/lists'
import type { OrderTables } from '../database.ts'
import { presentOrder } from './order.ts'

/** A page of decided orders. What is still queued is in no list. */
export async function listOrders(
  db: Db<OrderTables>,
  { status, user_id, ...paging }: OrderListQuery,
): Promise<{ rows: Order[]; hasMore: boolean }> {
  let query = db.selectFrom('orders').selectAll()
  if (status !== undefined) query = query.where('status', '=', status)
  if (user_id !== undefined) query = query.where('user_id', '=', user_id)
  const { rows, hasMore } = await page(query, 'id', paging)
  return { rows: rows.map(presentOrder), hasMore }
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
