import { openDatabase } from '@kakilima/kit/database'
import { runningPostgres } from '@kakilima/embedded-postgres/running-postgres'
import type { Kysely } from 'kysely'

export type ShopDatabases = {
  /** The address of a database on the shop's PostgreSQL. */
  url: (name: string) => string
  /** Opens a service's database. Close it with `destroy`. */
  open: (service: string) => Kysely<any>
}

/** The databases of a running shop, for tests that fill them or look into them. Throws when none runs on this folder. */
export async function shopDatabases(dataFolder: string): Promise<ShopDatabases> {
  const url = await runningPostgres(dataFolder)
  if (url === undefined) throw new Error(`no PostgreSQL runs on ${dataFolder}`)
  return {
    url,
    open: (service) =>
      openDatabase<any>(url(`${service}_service`), {
        poolSize: 2,
        applicationName: 'test',
        onIdleError: (error) => console.error(error),
      }),
  }
}
