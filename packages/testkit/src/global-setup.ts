import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createDatabase, openDatabase } from '@kakilima/kit/database'
import Chromium from '@sparticuz/chromium'
import { startEmbeddedPostgres } from '@kakilima/embedded-postgres/embedded-postgres'
import { migrate } from '@kakilima/kit/migrate'
import type { TestProject } from 'vitest/node'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Where each service's tables come from. By path and not by import: the testkit knows no service. */
const migrationFolders: Record<string, { folder: string; ledger: string }[]> = {
  user: [{ folder: 'services/user/migrations', ledger: 'migrations' }],
  inventory: [{ folder: 'services/inventory/migrations', ledger: 'migrations' }],
  order: [
    { folder: 'services/order/migrations', ledger: 'migrations' },
    { folder: 'packages/queue/migrations', ledger: 'queue_migrations' },
  ],
  payment: [{ folder: 'services/payment/migrations', ledger: 'migrations' }],
  webhook: [{ folder: 'services/webhook/migrations', ledger: 'migrations' }],
  catalog: [{ folder: 'services/catalog/migrations', ledger: 'migrations' }],
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** The address of the test cluster's database `postgres`. */
    postgresUrl: string
  }
}

/** Starts one PostgreSQL for the whole run and migrates one template database for each service, which test files clone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Unpacked once before anybody needs it: two test files at once would find half a browser of each other's.
  await Chromium.executablePath()
  const folder = await mkdtemp(join(tmpdir(), 'kakilima-test-'))
  await chmod(folder, 0o755)
  // Tests end with their cluster, so nothing has to survive a power cut.
  const postgres = await startEmbeddedPostgres({ folder, settings: { fsync: 'off', max_connections: '300' } })
  for (const [service, folders] of Object.entries(migrationFolders)) {
    const url = postgres.url(`template_${service}`)
    await createDatabase(url)
    const db = openDatabase<any>(url, {
      poolSize: 1,
      applicationName: 'testkit',
      onIdleError: (error) => console.error(error),
    })
    for (const { folder: migrations, ledger } of folders) await migrate(db, join(root, migrations), ledger)
    await db.destroy()
  }
  project.provide('postgresUrl', postgres.url('postgres'))
  return async () => {
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
