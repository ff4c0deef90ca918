import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import { createGroupCommit } from './group-commit.ts'
import { appendGroup, createOrderIds } from './postgres-append.ts'
import { createCursor, type CursorOptions } from './postgres-cursor.ts'
import type { NewOrder, ParkedOrder, Queue, QueuedOrder } from './queue.ts'

const purgeLimit = 5000

/** The queue in the order database: its tables are touched through this package only. See `Queue`. */
export function createPostgresQueue(db: Db<any>, options: CursorOptions = {}): Queue {
  const takeIds = createOrderIds(db)
  const appends = createGroupCommit<NewOrder, number>({ write: (orders) => appendGroup(db, takeIds, orders) })
  const cursor = createCursor(db, options)

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
        select order_id, user_id, lines, idempotency_key, accepted_at, parked_at is not null as "isParked"
        from new_orders left join parked_orders using (order_id) where order_id = ${orderId}`.execute(db)
      return rows[0]
    },

    async waitingOf(userId) {
      const { rows } = await sql<QueuedOrder & { isParked: boolean }>`
        select order_id, user_id, lines, idempotency_key, accepted_at, parked_at is not null as "isParked"
        from new_orders left join parked_orders using (order_id)
        where user_id = ${userId}
          and (position > (select position from new_orders_progress) or parked_at is not null)
        order by order_id desc limit 1000`.execute(db)
      return rows
    },

    async depth() {
      // By positions, which is a look at both ends and no count; positions that were given out and never used weigh little.
      const { rows } = await sql<{ depth: number; decided: number }>`
        select greatest(0, coalesce((select max(position) from new_orders), 0) - position) as depth, position as decided
        from new_orders_progress`.execute(db)
      return rows[0]!
    },

    async status() {
      const { rows } = await sql<Awaited<ReturnType<Queue['status']>>>`
        select greatest(0, coalesce((select max(position) from new_orders), 0) - p.position) as depth, p.position as decided,
          (
            select accepted_at from new_orders o
            where o.position > p.position and not exists (select from parked_orders s where s.order_id = o.order_id)
            order by o.position limit 1
          ) as oldest_accepted_at,
          (select count(*) from parked_orders) as parked
        from new_orders_progress p`.execute(db)
      return rows[0]!
    },

    async parked() {
      const { rows } = await sql<ParkedOrder>`
        select order_id, user_id, lines, idempotency_key, accepted_at, reason, parked_at
        from parked_orders join new_orders using (order_id) order by parked_at, order_id limit 1000`.execute(db)
      return rows
    },

    async replay(orderId, tx = db) {
      // A new position puts it behind the cursor's back no longer.
      const { numAffectedRows } = await sql`
        with unparked as (delete from parked_orders where order_id = ${orderId} returning order_id)
        update new_orders set position = nextval('new_orders_positions') from unparked
        where new_orders.order_id = unparked.order_id`.execute(tx)
      return numAffectedRows === 1n
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
          where position <= (select position from new_orders_progress)
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
