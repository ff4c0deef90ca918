// Runs the shop's own PostgreSQL. It is started through pg_ctl and so lives in its own session: Ctrl-C in the terminal
// reaches the services, which drain first, and PostgreSQL stops only when stop() is called.
import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { keepRunning, type KeptRunning } from './keep-running.ts'
import {
  accountFor,
  clusterName,
  giveCluster,
  isAlive,
  placeFor,
  readIfThere,
  startTimeOf,
  takeFolder,
  usableBinaries,
} from './postgres-account.ts'
import { createCluster, prepareLog, type Server, startServer, stopServer, superuser } from './postgres-server.ts'

export { placeFor, type Place } from './postgres-account.ts'

/** dataFolder is the place that is really used, for the shop's other data too; the cluster is "postgres" inside it. */
export type EmbeddedPostgres = {
  url(database: string): string
  port: number
  dataFolder: string
  binFolder: string
  stop(): Promise<void>
}
export type EmbeddedPostgresOptions = {
  folder: string
  port?: number
  settings?: Record<string, string>
  /** Told in a sentence when PostgreSQL has ended by itself and is started again, and what becomes of that. */
  onNews?: (sentence: string) => void
  /** Told in a sentence when it cannot be started again: nobody tries any more. */
  onGivenUp?: (sentence: string) => void
}
/**
 * Starts a PostgreSQL 18 cluster in the folder, creating it the first time, and first stops one that a killed Kakilima
 * left running there. Unless given, the port is chosen anew at each start. Until it is stopped it is started again
 * whenever it ends, at the same port.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const place = placeFor(options.folder).folder
  const account = accountFor(place)
  const binFolder = await usableBinaries(account)
  const release = await takeFolder(place)
  try {
    const folder = realpathSync(place)
    const server = {
      folder,
      cluster: join(folder, clusterName),
      logFile: join(folder, 'logs', 'postgresql.log'),
      passwordFile: join(folder, 'postgres-password'),
      binFolder,
      account,
    }
    prepareLog(server.logFile)
    await stopServer(server)
    if (existsSync(server.cluster)) giveCluster(server.cluster, account)
    else await createCluster(server)
    const password = readIfThere(server.passwordFile)?.trim()
    if (!password)
      throw new Error(`The database password in ${server.passwordFile} is missing; put it back from a backup.`)
    const port = await startServer(server, options)
    const kept = keepServerRunning(server, { ...options, port })
    let stopped: Promise<void> | undefined
    return {
      url: (database) => `postgres://${superuser}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
      port,
      dataFolder: folder,
      binFolder,
      stop: () => (stopped ??= stopForGood(server, kept).then(release)),
    }
  } catch (error) {
    release()
    throw error
  }
}

/** Starts it again whenever it ends by itself: killed, or for want of disk. One backend that crashes is its own to see to. */
function keepServerRunning(server: Server, options: EmbeddedPostgresOptions): KeptRunning {
  const { onNews = () => undefined, onGivenUp = () => undefined } = options
  let postmaster = postmasterOf(server)
  return keepRunning({
    isRunning: () => isAlive(postmaster.pid, postmaster.startTime),
    restart: async () => {
      await stopServer(server)
      await startServer(server, options)
      postmaster = postmasterOf(server)
    },
    onAway: () => onNews(`PostgreSQL has ended by itself and is started again; ${server.logFile} says why.`),
    onFailure: (error, pauseMs) =>
      onNews(`PostgreSQL is tried again in ${pauseMs / 1000} s: ${(error as Error).message}`),
    onBack: () => onNews('PostgreSQL runs again.'),
    onGivenUp: (error) =>
      onGivenUp(
        `PostgreSQL could not be started again, ten times in a row: mend it and start anew. ${(error as Error).message}`,
      ),
  })
}

function postmasterOf({ cluster }: Server): { pid: number; startTime: string | undefined } {
  const pid = Number.parseInt(readIfThere(join(cluster, 'postmaster.pid')) ?? '', 10)
  return { pid, startTime: startTimeOf(pid) }
}

/** Before the watch has ended and after it: a start in progress fails by the first, and has left nothing behind the second. */
async function stopForGood(server: Server, kept: KeptRunning): Promise<void> {
  const ended = kept.stop()
  await stopServer(server)
  await ended
  await stopServer(server)
}
