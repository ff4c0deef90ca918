import { openDatabase } from '@kakilima/kit/database'
import type { UserTables } from '@kakilima/user/database'
import type { Kysely } from 'kysely'

/** Does some work in the database of the user service, for what no caller over HTTP may do. */
export async function withUserDatabase<T>(url: string, work: (db: Kysely<UserTables>) => Promise<T>): Promise<T> {
  const db = openDatabase<UserTables>(url, {
    poolSize: 1,
    applicationName: 'kakilima accounts',
    onIdleError: (error) => console.error(`The connection to the user database broke: ${error.message}`),
  })
  try {
    return await work(db)
  } finally {
    await db.destroy()
  }
}
