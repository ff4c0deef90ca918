import { type Kysely, sql } from 'kysely'

const lockName = 'catalog rebuild'

/**
 * Does some work unless another process does such work on this database right now: then returns undefined. The work gets the one
 * connection that holds the lock, so that the lock ends with the process, however that ends.
 */
export async function alone<Tables, T>(
  db: Kysely<Tables>,
  work: (connection: Kysely<Tables>) => Promise<T>,
): Promise<T | undefined> {
  return db.connection().execute(async (connection) => {
    const { rows } = await sql<{ is_free: boolean }>`
      select pg_try_advisory_lock(hashtext(${lockName})) as is_free`.execute(connection)
    if (!rows[0]!.is_free) return undefined
    try {
      return await work(connection)
    } finally {
      await sql`select pg_advisory_unlock(hashtext(${lockName}))`.execute(connection)
    }
  })
}
