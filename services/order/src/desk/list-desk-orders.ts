import type { DeskOrder, DeskOrderQuery, OrderFilters } from '@kakilima/contracts/order/desk'
import type { Db } from '@kakilima/kit/database'
import type { Queue } from '@kakilima/queue/queue'
import { type RawBuilder, sql } from 'kysely'
import type { OrderTables } from '../database.ts'
import { listNewestOrders } from '../orders/list-orders.ts'
import { type OrderRow, presentOrder } from '../orders/order.ts'
import { type PeopleDeps, withCustomers } from './customers.ts'

export type DeskDeps = PeopleDeps & { db: Db<OrderTables>; queue: Queue }

const defaultLimit = 100
/** How many orders are looked through one by one before those that fit are searched for. Takes some 10 ms. */
const nearBy = 10_000

/**
 * A page of the orders that fit all filters, with their customers. What is still queued is in it only where a customer's orders are asked
 * for and nothing else of them. Throws `neighbor-unavailable` where customers have to be searched for and the user service is away.
 */
export async function listDeskOrders(
  deps: DeskDeps,
  { sort = 'newest', before, after, limit = defaultLimit, ...filters }: DeskOrderQuery,
): Promise<{ rows: DeskOrder[]; hasMore: boolean }> {
  const { user_id, ...others } = filters
  if (user_id !== undefined && sort === 'newest' && Object.keys(others).length === 0) {
    const { rows, hasMore } = await listNewestOrders(deps, { user_id, limit, ...(before !== undefined && { before }) })
    return { rows: await withCustomers(deps, rows), hasMore }
  }
  const isNewest = sort === 'newest'
  const found = await findOrders(deps.db, {
    conditions: await conditionsOf(deps, filters),
    mayBeAnywhere: user_id !== undefined || filters.search !== undefined,
    isNewest,
    from: isNewest ? (before ?? Number.MAX_SAFE_INTEGER) : (after ?? 0),
    limit: limit + 1,
  })
  const rows = found.slice(0, limit).map(presentOrder)
  return { rows: await withCustomers(deps, rows), hasMore: found.length > limit }
}

async function conditionsOf(
  { users }: PeopleDeps,
  { status, search, payment_method, placed_from, placed_to, user_id }: OrderFilters,
): Promise<RawBuilder<unknown>[]> {
  const conditions: RawBuilder<unknown>[] = []
  if (status !== undefined) conditions.push(sql`status = any(${[...new Set(status.split(','))]}::text[])`)
  if (payment_method !== undefined) conditions.push(sql`payment_method = ${payment_method}`)
  if (placed_from !== undefined) conditions.push(sql`created_at >= ${placed_from}::timestamptz`)
  if (placed_to !== undefined) conditions.push(sql`created_at < ${placed_to}::timestamptz`)
  if (user_id !== undefined) conditions.push(sql`user_id = ${user_id}`)
  const wanted = search?.trim() ?? ''
  if (wanted !== '') {
    const ids = (await users.search(wanted)).map((user) => user.id)
    const isOfThem = sql`user_id = any(${ids}::int8[])`
    const number = /^#?([1-9]\d{0,14})$/.exec(wanted)?.[1]
    conditions.push(number === undefined ? isOfThem : sql`(id = ${Number(number)}::int8 or ${isOfThem})`)
  }
  return conditions
}

type Search = {
  conditions: RawBuilder<unknown>[]
  /** Whether an index leads to them, wherever they are. */
  mayBeAnywhere: boolean
  isNewest: boolean
  from: number
  limit: number
}

/**
 * First those of the next 10,000 orders that fit: enough for whatever is not rare. Only then all that fit, so that the planner can't
 * walk through a million orders in search of the last few, for which it took 1 to 1.5 s. Of a million, a page of what is common takes less
 * than 10 ms of a processor, the 100 canceled ones 20 ms, those of one day long ago 10 ms, and of half a year long ago 350 ms.
 */
async function findOrders(
  db: Db<OrderTables>,
  { conditions, mayBeAnywhere, isNewest, from, limit }: Search,
): Promise<OrderRow[]> {
  const fits = sql.join([sql`true`, ...conditions], sql` and `)
  const isBehind = isNewest ? sql`id < ${from}` : sql`id > ${from}`
  const inOrder = isNewest ? sql`order by id desc` : sql`order by id`
  if (!mayBeAnywhere) {
    const { rows } = await sql<OrderRow>`
      select * from (select * from orders where ${isBehind} ${inOrder} limit ${nearBy}) as near
      where ${fits} ${inOrder} limit ${limit}`.execute(db)
    if (rows.length === limit || conditions.length === 0) return rows
  }
  const { rows } = await sql<OrderRow>`
    with fitting as materialized (select id from orders where ${fits} and ${isBehind})
    select * from orders where id = any(array(select id from fitting ${inOrder} limit ${limit})) ${inOrder}`.execute(db)
  return rows
}
