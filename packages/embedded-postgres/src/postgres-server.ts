import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, allow, clusterName, isAlive, makeFolder, readIfThere } from './postgres-account.ts'

/** A PostgreSQL server, by its files. */
export type Server = {
  folder: string
  cluster: string
  logFile: string
  passwordFile: string
  binFolder: string
  account: Account | undefined
}

export const superuser = 'kakilima'
const settingsName = 'postgres.conf'
const initLimitSeconds = 120
const startLimitSeconds = 180 // After a power failure a slow disk needs a while to replay max_wal_size.
const stopSteps = [
  { mode: 'fast', limitSeconds: 30 },
  { mode: 'immediate', limitSeconds: 10 },
]
const programMarginMs = 5_000 // pg_ctl keeps its limits itself and is killed only when it fails to.
const commandTimeoutMs = 20_000
const leaveGraceMs = 500
const leaveTimeoutMs = 10_000
const pollMs = 20
const startAttempts = 3
const logLimitBytes = 10_000_000
const shownLogLines = 12

/**
 * For a small machine: little idle memory, few waits for the disk, and nothing that weakens durability. WAL stays
 * uncompressed because the packaged build has no lz4 and its pglz cost about a tenth of the throughput.
 */
const defaultSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  TimeZone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_compression: 'off',
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  wal_buffers: '8MB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  jit: 'off',
  shared_buffers: '96MB',
  effective_cache_size: '512MB',
  io_method: 'sync',
  max_logical_replication_workers: '0',
}

/** Creates beside and renames, so that a cluster cut short is never taken for a whole one. */
export async function createCluster(server: Server): Promise<void> {
  const { folder, cluster, passwordFile, account } = server
  for (const name of [
    ...readdirSync(folder).filter((entry) => entry.startsWith(`${clusterName}.new`)),
    basename(passwordFile),
  ]) {
    rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 5 })
  }
  writeFileSync(passwordFile, `${randomBytes(24).toString('base64url')}\n`, { flag: 'wx', mode: 0o600, flush: true })
  const unfinished = mkdtempSync(`${cluster}.new-`)
  if (account !== undefined) for (const path of [passwordFile, unfinished]) chownSync(path, account.uid, account.gid)
  const logStart = statSync(server.logFile).size
  const initialized = await run(
    server,
    'initdb',
    [
      '-D',
      '.',
      '-U',
      superuser,
      '-E',
      'UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      `--locale=${process.platform === 'linux' ? 'C.UTF-8' : 'C'}`,
      '--auth=scram-sha-256',
      `--pwfile=../${basename(passwordFile)}`,
      '--no-instructions',
    ],
    initLimitSeconds,
    unfinished,
  )
  if (!initialized)
    throw new Error(
      `PostgreSQL could not create its data in ${folder}; it said:\n${logSince(server.logFile, logStart)}`,
    )
  renameSync(unfinished, cluster)
  if (process.platform === 'win32') return
  const directory = openSync(folder, 'r')
  fsyncSync(directory) // Else a power failure could undo the rename after orders have been accepted.
  closeSync(directory)
}

/** Starts it and returns its port, which is chosen anew unless one is given. Throws with the end of its log where it does not start. */
export async function startServer(
  server: Server,
  { port: wantedPort, settings }: { port?: number; settings?: Record<string, string> },
): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = wantedPort ?? (await freePort())
    const lines = Object.entries({ ...defaultSettings, port: String(port), ...settings }).map(
      ([name, value]) => `${name} = '${value.replace(/['\\]/g, '$&$&')}'`,
    )
    const settingsFile = join(server.folder, settingsName)
    writeFileSync(
      settingsFile,
      ['# Written anew at every start.', `include '${clusterName}/postgresql.conf'`, ...lines, ''].join('\n'),
    )
    chmodSync(settingsFile, 0o644) // Else root's umask could hide it from the account.
    const logStart = statSync(server.logFile).size
    if (
      await run(
        server,
        'pg_ctl',
        [
          'start',
          '-s',
          '-w',
          '-t',
          String(startLimitSeconds),
          '-D',
          clusterName,
          '-o',
          `-c config_file=${settingsName}`,
        ],
        startLimitSeconds,
      )
    )
      return port
    await stopServer(server)
    const said = logSince(server.logFile, logStart)
    // Another program took the port since it was found free, or a killed owner's pg_ctl was still starting a server.
    if (attempt < startAttempts && /could not bind|lock file/.test(said)) continue
    throw new Error(`PostgreSQL did not start in ${server.folder}; the end of ${server.logFile} says:\n${said}`)
  }
}

/** Returns when no PostgreSQL process uses the cluster any more, whoever started it. */
export async function stopServer(server: Server): Promise<void> {
  const { cluster } = server
  const pidFile = join(cluster, 'postmaster.pid')
  const mainPid = () => Number.parseInt(readIfThere(pidFile) ?? '', 10)
  for (const { mode, limitSeconds } of stopSteps) {
    if (serverProcesses(cluster, mainPid()).includes(mainPid()))
      await run(
        server,
        'pg_ctl',
        ['stop', '-s', '-w', '-t', String(limitSeconds), '-D', clusterName, '-m', mode],
        limitSeconds,
      )
  }
  if (!(await haveLeft(leaveGraceMs))) {
    // These lost their main process; only Linux says for certain that they are ours, so only there are they ended.
    if (process.platform === 'linux')
      for (const pid of serverProcesses(cluster, mainPid())) allow(['ESRCH'], () => process.kill(pid, 'SIGQUIT'))
    if (!(await haveLeft(leaveTimeoutMs)))
      throw new Error(
        `PostgreSQL in ${cluster} (process ${serverProcesses(cluster, mainPid()).join(', ')}) does not stop; end it by hand and try again.`,
      )
  }
  // PostgreSQL sees itself that a dead process left the file, but not that a zombie or an unrelated process has its pid.
  if (mainPid() > 0 && (existsSync(`/proc/${mainPid()}`) || isAlive(mainPid()))) rmSync(pidFile, { force: true })

  async function haveLeft(timeoutMs: number): Promise<boolean> {
    for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(pollMs))
      if (serverProcesses(cluster, mainPid()).length === 0) return true
    return false
  }
}

/** The processes of PostgreSQL work inside the cluster's folder, finished or not, which tells them from all others. */
function serverProcesses(cluster: string, mainPid: number): number[] {
  if (process.platform === 'linux') {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => {
        if (!(pid > 0) || !/^(postgres|initdb)$/m.test(readIfThere(`/proc/${pid}/comm`) ?? '')) return false
        const workingFolder = allow(['ENOENT', 'ESRCH', 'EACCES'], () => readlinkSync(`/proc/${pid}/cwd`))
        return workingFolder === cluster || workingFolder?.startsWith(`${cluster}.new`)
      })
  }
  if (!isAlive(mainPid)) return []
  const isOurs =
    process.platform === 'win32' ||
    spawnSync('lsof', ['-a', '-d', 'cwd', '-p', String(mainPid), '-Fn'], {
      encoding: 'utf8',
      timeout: commandTimeoutMs,
    }).stdout.includes(`n${cluster}\n`)
  return isOurs ? [mainPid] : []
}

/** Works in the data folder and names things relative to it, because pg_ctl passes its arguments through a shell. */
function run(
  { folder, binFolder, logFile, account }: Server,
  program: string,
  args: string[],
  limitSeconds: number,
  workingFolder = folder,
): Promise<boolean> {
  const log = openSync(logFile, 'a')
  // PostgreSQL keeps its environment for life, so it doesn't get the shop's secrets; Windows needs variables of its own.
  const environment = process.platform === 'win32' ? {} : { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } }
  const child = spawn(join(binFolder, program), args, {
    cwd: workingFolder,
    detached: true,
    windowsHide: true,
    stdio: ['ignore', log, log],
    timeout: limitSeconds * 1000 + programMarginMs,
    killSignal: 'SIGKILL',
    ...environment,
    ...account,
  })
  closeSync(log)
  return new Promise((done) => {
    child.once('exit', (code) => done(code === 0))
    child.once('error', (error) => {
      appendFileSync(logFile, `${error.message}\n`)
      done(false)
    })
  })
}

/** Makes the file of the log, and sets one aside that has grown too long. */
export function prepareLog(logFile: string): void {
  makeFolder(dirname(logFile))
  closeSync(openSync(logFile, 'a', 0o640))
  if (statSync(logFile).size > logLimitBytes) renameSync(logFile, `${logFile}.old`)
  closeSync(openSync(logFile, 'a', 0o640))
}

function logSince(logFile: string, startBytes: number): string {
  return readFileSync(logFile).subarray(startBytes).toString('utf8').trim().split('\n').slice(-shownLogLines).join('\n')
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
      .once('error', fail)
      .listen(0, '127.0.0.1', () => {
        const address = probe.address()
        probe.close(() =>
          address !== null && typeof address === 'object'
            ? done(address.port)
            : fail(new Error('This machine gives no free port on 127.0.0.1.')),
        )
      })
  })
}
