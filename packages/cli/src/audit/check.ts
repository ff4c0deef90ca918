import type { Queue } from '@kakilima/queue/queue'
import type { Kysely } from 'kysely'

/** The databases of the services whose rows must agree, opened read-only, and the queue. */
export type Audited = {
  inventory: Kysely<any>
  order: Kysely<any>
  payment: Kysely<any>
  queue: Pick<Queue, 'overdue' | 'passed'>
}

/** Something that must not be. `subject` names the row: `order 12`. */
export type Violation = { invariant: string; subject: string; message: string }

/** One thing that must hold, as it is told to people, and the search for where it does not. */
export type Check = {
  invariant: string
  holds: string
  find: (audited: Audited) => Promise<Violation[]>
}

/**
 * Walks two lists of rows of different databases side by side in pages of ascending id, so that a million orders don't have to fit into
 * memory. `left` and `right` return their rows with `after < id <= upTo`, at most `limit` of them in ascending id. `compare` gets each id
 * that stands in either list.
 */
export async function compareById<Left, Right>({
  left,
  right,
  compare,
  pageSize = 20_000,
}: {
  left: (after: number, limit: number) => Promise<(Left & { order_id: number })[]>
  right: (after: number, upTo: number) => Promise<(Right & { order_id: number })[]>
  compare: (orderId: number, left: Left[], right: Right[]) => Violation[]
  pageSize?: number
}): Promise<Violation[]> {
  const violations: Violation[] = []
  for (let after = 0, isLast = false; !isLast;) {
    const leftRows = await left(after, pageSize)
    isLast = leftRows.length < pageSize
    const upTo = isLast ? Number.MAX_SAFE_INTEGER : leftRows.at(-1)!.order_id
    const lefts = Map.groupBy(leftRows, (row) => row.order_id)
    const rights = Map.groupBy(await right(after, upTo), (row) => row.order_id)
    for (const id of new Set([...lefts.keys(), ...rights.keys()])) {
      violations.push(...compare(id, lefts.get(id) ?? [], rights.get(id) ?? []))
    }
    after = upTo
  }
  return violations
}
