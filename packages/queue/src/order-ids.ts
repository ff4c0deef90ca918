import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'

/** Hands out order ids, fetching a block of 100 at a time from the order database, whichever engine holds the queue. */
export function createOrderIds(db: Db<any>): (count: number) => Promise<number[]> {
  const blockSize = 100
  const ids: number[] = []
  return async (count) => {
    while (ids.length < count) {
      const blocks = Math.ceil((count - ids.length) / blockSize)
      const { rows } = await sql<{ first: number }>`
        select nextval('order_ids') as first from generate_series(1, ${blocks}::int)`.execute(db)
      for (const { first } of rows) for (let i = 0; i < blockSize; i++) ids.push(first + i)
    }
    return ids.splice(0, count)
  }
}
