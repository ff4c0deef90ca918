import { randomBytes } from 'node:crypto'
import { openDatabase } from '@kakilima/kit/database'
import { type Kysely, sql } from 'kysely'
import { afterAll, inject } from 'vitest'

export type ServiceName = 'user' | 'inventory' | 'order' | 'payment' | 'webhook' | 'catalog'

/** Clones the migrated template of a service for the calling test file. Returns its address; it is dropped after the file's tests. */
export async function cloneDatabase(service: ServiceName): Promise<string> {
  const name = `${service}_${randomBytes(6).toString('hex')}`
  const server = openServer()
  await sql`create database ${sql.id(name)} template ${sql.id(`template_${service}`)}`.execute(server)
  afterAll(async () => {
    await sql`drop database ${sql.id(name)} with (force)`.execute(server)
    await server.destroy()
  })
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${name}`
  return url.href
}

/** Clones the template of a service and opens it. */
export async function testDatabase<Tables>(service: ServiceName, poolSize = 10): Promise<Kysely<Tables>> {
  return openTestDatabase<Tables>(await cloneDatabase(service), poolSize)
}

/** Opens a database of the calling test file, which others may work with at the same time. */
export async function openTestDatabase<Tables>(url: string, poolSize = 10): Promise<Kysely<Tables>> {
  const db = openDatabase<Tables>(url, { poolSize, applicationName: 'test', onIdleError: ignoreDroppedDatabase })
  afterAll(() => db.destroy())
  return db
}

function openServer(): Kysely<unknown> {
  return openDatabase<unknown>(inject('postgresUrl'), {
    poolSize: 1,
    applicationName: 'testkit',
    onIdleError: ignoreDroppedDatabase,
  })
}

// Dropping a test's database ends the connections that are still open to it, which is what is wanted.
function ignoreDroppedDatabase(): void {}
