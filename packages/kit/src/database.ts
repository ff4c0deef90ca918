import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { watchConnections } from './watch-connections.ts'

/** A connection pool or a transaction: verbs take either, so they compose. */
export type Db<Tables> = Kysely<Tables> | Transaction<Tables>

const { builtins } = pg.types

/** A database is made by copying files, which a busy disk takes its time for. */
const longestCreateMs = 60_000

/** `bigint` as a number. Every id and sum of ours fits; one that doesn't is a fault, never a rounded number. */
function parseBigint(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Error(`the database holds ${text}, which JavaScript cannot hold exactly`)
  return value
}

/** `2026-11-22 08:00:00.123456+00` as `2026-11-22T08:00:00.123Z`. Sessions run in UTC, so no arithmetic is needed. */
function parseTimestamp(text: string): string {
  const milliseconds = text.slice(20, -3).padEnd(3, '0').slice(0, 3)
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${milliseconds}Z`
}

const parsers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, parseBigint],
  [builtins.TIMESTAMPTZ, parseTimestamp],
])

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => parsers.get(oid) ?? pg.types.getTypeParser(oid, format),
}

export type DatabaseOptions = {
  poolSize: number
  applicationName: string
  /** Told of connections that break while nobody uses them, such as when the database restarts, and of those that are lost without a word. */
  onIdleError: (error: Error) => void
  /** Refuses every write; for those who only look. */
  readOnly?: boolean
  /** How long a statement may wait for a lock. Without it, as long as a statement may take. */
  lockTimeoutMs?: number
  /** How long a statement may take. Without it, 30 seconds. */
  statementTimeoutMs?: number
}

/**
 * Opens a pool of connections to a database whose tables `Tables` describes. Nothing connects before the first query. Rows come back
 * ready for the wire: ids and sums as numbers, times as ISO 8601 in UTC.
 */
export function openDatabase<Tables>(url: string, options: DatabaseOptions): Kysely<Tables> {
  const statementMs = options.statementTimeoutMs ?? 30_000
  const pool = new pg.Pool({
    ...network(url),
    max: options.poolSize,
    application_name: options.applicationName,
    // A statement that hangs must end before the caller's patience does, and a transaction that lost its process must not hold locks. The
    // server, too, finds out that nobody is there any more.
    options: `-c TimeZone=UTC -c statement_timeout=${statementMs} -c idle_in_transaction_session_timeout=30000${
      options.readOnly ? ' -c default_transaction_read_only=on' : ''
    } -c lock_timeout=${options.lockTimeoutMs ?? 0} -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=5`,
    idleTimeoutMillis: 30_000,
    types,
  })
  watchConnections(pool, {
    openProbe: () => new pg.Client({ ...network(url), application_name: `${options.applicationName} (probe)` }),
    longestMs: statementMs + 10_000,
    onLost: options.onIdleError,
  })
  pool.on('error', options.onIdleError)
  // The pool listens to those that rest in it. One that breaks between two statements of a transaction would end the process, though
  // the next statement fails and tells of it anyway.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
}

/**
 * The limits of every wait on the network. A machine that has much else to do may take seconds for a connection; a peer that is gone is
 * noticed within 15 s where nothing is under way (`watchConnections` sees to the rest).
 */
function network(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
  }
}

/** Creates the database that `url` names unless it is there. */
export async function createDatabase(url: string): Promise<void> {
  const name = databaseName(url)
  if (await databaseAnswers(url)) return
  const server = new URL(url)
  server.pathname = '/postgres'
  const client = new pg.Client({ ...network(server.href), query_timeout: longestCreateMs })
  await client.connect()
  try {
    await client.query(`create database ${client.escapeIdentifier(name)}`)
  } catch (error) {
    // Somebody else created it at the same moment: then it is there, which is what was asked.
    const duplicateDatabase = '42P04'
    const duplicateName = '23505'
    if (!(error instanceof pg.DatabaseError && [duplicateDatabase, duplicateName].includes(error.code ?? '')))
      throw error
  } finally {
    await client.end()
  }
}

async function databaseAnswers(url: string): Promise<boolean> {
  const client = new pg.Client(network(url))
  try {
    await client.connect()
    return true
  } catch (error) {
    const invalidCatalogName = '3D000'
    if (error instanceof pg.DatabaseError && error.code === invalidCatalogName) return false
    throw error
  } finally {
    await client.end()
  }
}

/** The database's name in its address, which is safe to print: the rest may hold a password. */
export function databaseName(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1))
}

/** The SQLSTATE of a database error, or undefined for any other. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

// Broken connections; too few connections, disk or memory; starting, stopping or too slow to answer; locked by somebody for too long;
// read-only after a failover.
const awayStates = ['08', '53', '57P', '57014', '55P03', '25006']

/** Whether an error says that the database is away, starting or stopping, so that trying again later is right. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const state = sqlState(error)
  if (state !== undefined) return awayStates.some((start) => state.startsWith(start))
  // A name with several addresses fails with one error for each.
  if (error instanceof AggregateError) return error.errors.every(isDatabaseAway)
  const { code, syscall } = error as NodeJS.ErrnoException
  if (syscall !== undefined && ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(code ?? '')) return true
  // What `pg` says when a connection breaks or none can be had in time; it has no codes for these.
  return /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error)/.test(
    error.message,
  )
}
