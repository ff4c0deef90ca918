import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import { createGroupCommit } from './group-commit.ts'
import { createOrderIds } from './order-ids.ts'
import { appendGroup } from './postgres-append.ts'
import { createCursor } from './postgres-cursor.ts'
import type { CursorOptions, NewOrder, ParkedOrder, Queue, QueuedOrder, QueueDepth, QueueStatus } from './queue.ts'

const purgeLimit = 5000
const passedPage = 10_000

/**
 * The orders at positions that were not passed: those that wait, and with them the few that were set aside by a worker that has not come
 * to note it. The last range has no end. By ranges and not by "greater than", for which the planner would read a third of the table.
 */
const undecidedOrders = sql`
  (select unnest(undecided) as places from new_orders_progress) as undecided
  cross join lateral (
    select * from new_orders
    where position >= lower(places) and position < coalesce(upper(places), ${sql.lit(Number.MAX_SAFE_INTEGER)})
  ) as o`

/** The queue in the order database: its tables are touched through this package only. See `Queue`. */
export function createPostgresQueue(db: Db<any>, options: CursorOptions = {}): Queue {
  const takeIds = createOrderIds(db)
  const appends = createGroupCommit<NewOrder, number>({ write: (orders) => appendGroup(db, takeIds, orders) })
  const cursor = createCursor(db, options)

  async function depth(): Promise<QueueDepth> {
    // Counted and not reckoned from positions: some of those were given out and never used.
    const { rows } = await sql<QueueDepth>`
      select decided, (select count(*) from ${undecidedOrders}) as depth from new_orders_progress`.execute(db)
    return rows[0]!
  }

  return {
    append: appends.add,
    take: cursor.take,
    acknowledge: cursor.acknowledge,

    async park(order, reason) {
      await sql`
        insert into parked_orders (order_id, reason) values (${order.order_id}, ${reason})
        on conflict (order_id) do update set reason = excluded.reason, parked_at = clock_timestamp()`.execute(db)
      await cursor.acknowledge([order])
    },

    async find(orderId) {
      const { rows } = await sql<QueuedOrder & { isParked: boolean }>`
        select order_id, user_id, coalesce(body, lines) as body, idempotency_key, accepted_at, parked_at is not null as "isParked"
        from new_orders left join parked_orders using (order_id) where order_id = ${orderId}`.execute(db)
      return rows[0]
    },

    async waitingOf(userId) {
      const { rows } = await sql<QueuedOrder & { isParked: boolean }>`
        select order_id, user_id, coalesce(body, lines) as body, idempotency_key, accepted_at, is_parked as "isParked" from (
          select o.*, false as is_parked from ${undecidedOrders}
          where not exists (select from parked_orders p where p.order_id = o.order_id)
          union all
          select o.*, true from parked_orders join new_orders o using (order_id)
        ) as waiting
        where user_id = ${userId} order by order_id desc limit 1000`.execute(db)
      return rows
    },

    depth,

    async parked() {
      const { rows } = await sql<ParkedOrder>`
        select order_id, user_id, coalesce(body, lines) as body, idempotency_key, accepted_at, reason, parked_at
        from parked_orders join new_orders using (order_id) order by parked_at, order_id limit 1000`.execute(db)
      return rows
    },

    async status() {
      const { rows } = await sql<Omit<QueueStatus, keyof QueueDepth>>`
        select (select count(*) from parked_orders) as parked, (
          select accepted_at from ${undecidedOrders}
          where not exists (select from parked_orders p where p.order_id = o.order_id)
          order by position limit 1
        ) as oldest_accepted_at`.execute(db)
      return { ...(await depth()), ...rows[0]! }
    },

    async overdue(seconds) {
      const { rows } = await sql<{ order_id: number }>`
        select order_id from ${undecidedOrders}
        where accepted_at < clock_timestamp() - ${seconds} * interval '1 second'
          and not exists (select from parked_orders p where p.order_id = o.order_id)
        order by position limit 1000`.execute(db)
      return rows.map((row) => row.order_id)
    },

    async passed(after = '0') {
      const { rows } = await sql<{ order_id: number }>`
        select order_id from new_orders o
        where order_id > ${after} and not (select undecided from new_orders_progress) @> position
          and not exists (select from parked_orders p where p.order_id = o.order_id)
        order by order_id limit ${passedPage}`.execute(db)
      const orderIds = rows.map((row) => row.order_id)
      return { orderIds, next: orderIds.length < passedPage ? undefined : String(orderIds.at(-1)) }
    },

    async replay(orderId, note = async () => undefined) {
      return inTransaction(db, async (tx) => {
        const { rows } = await sql`delete from parked_orders where order_id = ${orderId} returning order_id`.execute(tx)
        if (rows.length === 0) return false
        await note(tx)
        // A new position puts it behind the cursor's back no longer. Taken last, so that it is seen at almost the same moment: the worker
        // looks out for it.
        await sql`
          update new_orders set position = nextval('new_orders_positions') where order_id = ${orderId}`.execute(tx)
        return true
      })
    },

    async unpark(orderId) {
      const { numAffectedRows } = await sql`delete from parked_orders where order_id = ${orderId}`.execute(db)
      return numAffectedRows === 1n
    },

    async purge() {
      // Only the oldest are looked at: searching for old ones where all are young would read the whole table.
      const { numAffectedRows } = await sql`
        with oldest as (
          select position, order_id, accepted_at from new_orders order by position limit ${purgeLimit}
        )
        delete from new_orders where position = any(array(
          select position from oldest
          where not (select undecided from new_orders_progress) @> position
            and accepted_at < clock_timestamp() - interval '24 hours'
            and not exists (select from parked_orders p where p.order_id = oldest.order_id)
        ))`.execute(db)
      return Number(numAffectedRows ?? 0)
    },

    async close() {
      await appends.drain()
      await cursor.release()
    },
  }
}
