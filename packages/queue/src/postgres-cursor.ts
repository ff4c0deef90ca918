import { randomUUID } from 'node:crypto'
import type { Db } from '@kakilima/kit/database'
import { createGaps, type NumberRange, rangesOf } from '@kakilima/kit/gaps'
import { watchWriters } from '@kakilima/kit/watch-writers'
import { sql } from 'kysely'
import type { Cursor, CursorOptions, TakenOrder } from './queue.ts'

type Row = TakenOrder & { position: number; is_parked: boolean }

/**
 * Moves over `new_orders` in order of position. Rows commit out of order: one that commits late is still found, by this worker or by the
 * next one, since what is stored are the positions that were not passed, and never the highest one seen alone. A position is passed once
 * its order is decided or set aside, or once the database says that it can never appear.
 */
export function createCursor(db: Db<any>, { leaseMs = 3000 }: CursorOptions = {}): Cursor {
  const owner = randomUUID()
  const writers = watchWriters(db, { table: 'new_orders', sequence: 'new_orders_positions' })
  let renewAt = 0
  let isLeased = false
  let gaps = createGaps({ after: 0 })
  const inHand = new Set<number>()

  async function holdLease(): Promise<boolean> {
    if (isLeased && performance.now() < renewAt) return true
    const { rows } = await sql<{ undecided: [first: number, last: number | null][]; is_new: boolean }>`
      update new_orders_progress p
      set leased_by = ${owner}, leased_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
      from (select leased_by from new_orders_progress for update) as before
      where p.leased_by is null or p.leased_by = ${owner} or p.leased_until < clock_timestamp()
      returning before.leased_by is distinct from ${owner} as is_new, (
        select json_agg(json_build_array(lower(places), upper(places) - 1) order by places)
        from unnest(p.undecided) as places
      ) as undecided`.execute(db)
    const [lease] = rows
    isLeased = lease !== undefined
    if (lease === undefined) return false
    renewAt = performance.now() + leaseMs / 3
    if (lease.is_new) startFrom(lease.undecided)
    return true
  }

  /** The last of the ranges has no end: it is all that nobody has seen yet. */
  function startFrom(undecided: [first: number, last: number | null][]): void {
    gaps = createGaps({ after: undecided.at(-1)![0] - 1, missing: undecided.slice(0, -1) as NumberRange[] })
    inHand.clear()
  }

  /** The positions that are open now, as PostgreSQL reads them. */
  function openPositions(): string {
    const held = rangesOf([...inHand].toSorted((one, other) => one - other))
    return `{${[...gaps.missing(), ...held].map(([first, last]) => `[${first},${last}],`).join('')}[${gaps.highest() + 1},)}`
  }

  /** Stores how far the worker has come, with this many orders more than before. */
  async function store(decided: number): Promise<void> {
    const { numAffectedRows } = await sql`
      update new_orders_progress p
      set undecided = now.undecided, position = lower(now.undecided) - 1, decided = decided + ${decided}
      from (select ${openPositions()}::int8multirange as undecided) as now
      where leased_by = ${owner}`.execute(db)
    // Another worker has taken over: begin anew from what is stored when the lease comes back.
    if (numAffectedRows === 0n) isLeased = false
  }

  return {
    async take(limit) {
      if (!(await holdLease())) return []
      const missing = gaps.missing()
      const settled = missing.length === 0 ? 0 : await writers.settledUpTo(gaps.highest())
      // Two selects and not one `or`, which the planner would answer by walking the index from its beginning.
      const { rows } = await sql<Row>`
        select position, order_id, user_id, coalesce(body, lines) as body, idempotency_key, accepted_at,
          exists (select from parked_orders p where p.order_id = o.order_id) as is_parked
        from (
          (select * from new_orders where position > ${gaps.highest()} order by position limit ${limit})
          union all
          (
            select late.* from unnest(${missing.map(([first]) => first)}::int8[], ${missing.map(([, last]) => last)}::int8[])
              as gap(first, last)
            cross join lateral (
              select * from new_orders where position between gap.first and gap.last order by position limit ${limit}
            ) as late
          )
        ) as o
        order by position limit ${limit}`.execute(db)
      gaps.note(rows.map((row) => row.position))
      // Behind the last row of a full batch there may be more, which have not been looked at.
      gaps.giveUp(rows.length < limit ? settled : Math.min(settled, rows.at(-1)!.position))
      // Set aside by a worker whose progress was held up by an earlier order: that is for staff now.
      const taken = rows.filter((row) => !row.is_parked).map(({ is_parked: _, ...order }) => order)
      for (const { position } of taken) inHand.add(position)
      if (taken.length === 0 && missing.length > gaps.missing().length) await store(0)
      return taken
    },

    async acknowledge(orders) {
      for (const { position } of orders) inHand.delete(Number(position))
      await store(orders.length)
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
