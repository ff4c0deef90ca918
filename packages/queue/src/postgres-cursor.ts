import { randomUUID } from 'node:crypto'
import type { Db } from '@kakilima/kit/database'
import { createGaps } from '@kakilima/kit/gaps'
import { sql } from 'kysely'
import type { Cursor, CursorOptions, TakenOrder } from './queue.ts'

type Row = TakenOrder & { position: number; is_parked: boolean }

/**
 * Moves over `new_orders` in order of position. What is stored is the position below which everything is decided, never the highest one
 * seen: rows commit out of order, and a row that commits late must still be found, by this worker or by the next one.
 */
export function createCursor(db: Db<any>, { leaseMs = 3000, missingMs = 60_000 }: CursorOptions = {}): Cursor {
  const owner = randomUUID()
  let renewAt = 0
  let isLeased = false
  /** Everything up to here is decided, as it is stored. */
  let stored = 0
  let gaps = createGaps({ after: 0, missingMs })
  const inHand = new Set<number>()

  async function holdLease(): Promise<boolean> {
    if (isLeased && performance.now() < renewAt) return true
    const { rows } = await sql<{ position: number; is_new: boolean }>`
      update new_orders_progress p
      set leased_by = ${owner}, leased_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
      from (select leased_by from new_orders_progress for update) as before
      where p.leased_by is null or p.leased_by = ${owner} or p.leased_until < clock_timestamp()
      returning p.position, before.leased_by is distinct from ${owner} as is_new`.execute(db)
    const [lease] = rows
    isLeased = lease !== undefined
    if (lease === undefined) return false
    renewAt = performance.now() + leaseMs / 3
    if (lease.is_new) startFrom(lease.position)
    return true
  }

  function startFrom(position: number): void {
    stored = position
    gaps = createGaps({ after: position, missingMs })
    inHand.clear()
  }

  return {
    async take(limit) {
      if (!(await holdLease())) return []
      const askedAt = performance.now()
      // Two selects and not one `or`, which the planner would answer by walking the index from its beginning.
      const { rows } = await sql<Row>`
        select position, order_id, user_id, lines, idempotency_key, accepted_at,
          exists (select from parked_orders p where p.order_id = o.order_id) as is_parked
        from (
          (select * from new_orders where position > ${gaps.highest()} order by position limit ${limit})
          union all
          (select * from new_orders where position = any(${gaps.missing()}::int8[]))
        ) as o
        order by position limit ${limit}`.execute(db)
      gaps.note(
        rows.map((row) => row.position),
        askedAt,
      )
      // Set aside by a worker whose progress was held up by an earlier order: that is for staff now.
      const taken = rows.filter((row) => !row.is_parked).map(({ is_parked: _, ...order }) => order)
      for (const { position } of taken) inHand.add(position)
      return taken
    },

    async acknowledge(orders) {
      for (const { position } of orders) inHand.delete(Number(position))
      let undone = gaps.highest() + 1
      for (const positions of [gaps.missing(), inHand])
        for (const position of positions) undone = Math.min(undone, position)
      if (undone - 1 <= stored) return
      const { numAffectedRows } = await sql`
        update new_orders_progress set position = ${undone - 1} where leased_by = ${owner} and position < ${undone - 1}`.execute(
        db,
      )
      // Another worker has taken over: begin anew from what is stored when the lease comes back.
      if (numAffectedRows === 0n) isLeased = false
      else stored = undone - 1
    },

    async release() {
      await sql`
        update new_orders_progress set leased_by = null, leased_until = '-infinity' where leased_by = ${owner}`.execute(
        db,
      )
      isLeased = false
    },
  }
}
