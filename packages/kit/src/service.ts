import { fileURLToPath } from 'node:url'
import type { Kysely } from 'kysely'
import type { TObject } from 'typebox'
import type { ServerSettings } from './config.ts'
import { type DatabaseOptions, databaseName, isDatabaseAway, openDatabase } from './database.ts'
import type { Logger } from './logger.ts'
import { migrate, pendingMigrations } from './migrate.ts'
import { type Patience, withPatience } from './patience.ts'

/** A service that runs. `close` lets requests and rounds in progress end, then lets go of everything. */
export type RunningService = { port: number; close: () => Promise<void> }

/** What the process that a service runs in offers it, where that runs the shop as a whole. */
export type Surroundings = {
  /** Runs the auditor now, in a process of its own. */
  startAudit?: () => void
}

/** What the command line needs to know of a service to run it, alone or beside the others. */
export type ServiceModule<Config extends ServerSettings = any> = {
  name: string
  /** The service whose database it works with, where that is not its own. */
  sharesDatabaseOf?: string
  /** The variable that holds the address of its database. */
  databaseVariable: string
  /** The variable that says where it is, to its neighbours. */
  urlVariable: string
  settings: TObject
  /** Reads its settings from environment variables. Throws `ConfigError` with every fault. */
  readConfig: (env: Record<string, string | undefined>) => Config
  databaseUrl: (config: Config) => string
  /** Folders of `.sql` files with the name of the table that remembers which ran. */
  migrations: { folder: string; ledger: string }[]
  start: (config: Config, logger: Logger, surroundings?: Surroundings) => Promise<RunningService>
}

/**
 * Less than the three seconds that a neighbour waits for an answer, so that it hears of a lock that somebody holds on to, and does not
 * take it for a fault of its question.
 */
const lockTimeoutMs = 2000

/** Opens the database that a service works with, under the service's name and with its pool size. `limits` bound what its statements may do. */
export function openServiceDatabase<Tables>(
  name: string,
  url: string,
  { DATABASE_POOL_SIZE }: ServerSettings,
  logger: Logger,
  limits: Pick<DatabaseOptions, 'readOnly' | 'statementTimeoutMs'> = {},
): Kysely<Tables> {
  return openDatabase<Tables>(url, {
    poolSize: DATABASE_POOL_SIZE,
    applicationName: `kakilima ${name}`,
    onIdleError: (err) => logger.warn({ err }, 'an idle database connection broke'),
    lockTimeoutMs,
    ...limits,
  })
}

/** The folder `migrations` beside the `src` that `moduleUrl` is in. */
export function migrationsBeside(moduleUrl: string): string {
  return fileURLToPath(new URL('../migrations', moduleUrl))
}

/** Runs the migrations of a service that its database lacks. Returns their names. */
export async function migrateService(
  service: ServiceModule,
  databaseUrl: string,
  patience: Patience,
): Promise<string[]> {
  return withDatabase(databaseUrl, patience, async (db) => {
    const ran: string[] = []
    for (const { folder, ledger } of service.migrations) ran.push(...(await migrate(db, folder, ledger)))
    return ran
  })
}

/** Throws one clear sentence unless the database answers, before patience is over, and has every migration. */
export async function requireMigrated(service: ServiceModule, databaseUrl: string, patience: Patience): Promise<void> {
  await withDatabase(databaseUrl, patience, async (db) => {
    for (const { folder, ledger } of service.migrations) {
      const pending = await pendingMigrations(db, folder, ledger)
      if (pending.length === 0) continue
      throw new Error(
        `The database ${databaseName(databaseUrl)} lacks ${pending.join(', ')}: run \`npx kakilima migrate ${service.name}\` first.`,
      )
    }
  })
}

async function withDatabase<T>(url: string, patience: Patience, use: (db: Kysely<any>) => Promise<T>): Promise<T> {
  const ignoreIdleErrors = () => undefined
  const db = openDatabase<any>(url, { poolSize: 1, applicationName: 'kakilima migrate', onIdleError: ignoreIdleErrors })
  try {
    return await withPatience(patience, `the database ${databaseName(url)}`, isDatabaseAway, () => use(db))
  } catch (error) {
    if (!isDatabaseAway(error)) throw error
    throw new Error(
      `The database ${databaseName(url)} cannot be reached: is PostgreSQL running, and is its address right?`,
      { cause: error },
    )
  } finally {
    await db.destroy()
  }
}
