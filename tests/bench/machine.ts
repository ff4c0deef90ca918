import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

export type Ticks = { all: number; idle: number; stolen: number }

/** The processor's ticks since the machine started: all, those without work, and those that another guest of the same machine took. */
export function readTicks(): Ticks {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.trim().split(/\s+/).slice(1).map(Number)
  // user nice system idle iowait irq softirq steal; guest time is counted in user already.
  return { all: fields.slice(0, 8).reduce((sum, value) => sum + value, 0), idle: fields[3]!, stolen: fields[7] ?? 0 }
}

/** Waits until the processor has next to nothing to do: what the last case left behind is not the next one's. */
export async function untilIdle(longestSeconds: number): Promise<void> {
  for (let seconds = 0; seconds < longestSeconds; seconds++) {
    const before = readTicks()
    await sleep(1000)
    const after = readTicks()
    if (after.idle - before.idle > 0.9 * (after.all - before.all)) return
  }
}

/** The part of the processor's time that was stolen between two readings, in per cent. */
export function stealPercent(before: Ticks, after: Ticks): number {
  return ((after.stolen - before.stolen) / Math.max(1, after.all - before.all)) * 100
}

/** A process and all that it started, whether those still belong to it or not: PostgreSQL makes itself independent. */
export function processesOf(...roots: number[]): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined
    if (stat !== undefined) parents.set(Number(name), Number(stat[1]))
  }
  const found = new Set(roots)
  for (let size = 0; size < found.size;) {
    size = found.size
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid)
  }
  return [...found]
}

/** CPU seconds that a process used so far, with those of its children that ended. */
export function cpuSecondsOf(pid: number): number {
  const ticksPerSecond = 100
  const stat = readStat(pid)
  return stat === undefined ? 0 : stat.slice(11, 15).reduce((sum, value) => sum + Number(value), 0) / ticksPerSecond
}

/** Proportional set size in MB, of which memory that processes share is counted once among them; or only what each has for itself. */
export function megabytesOf(pids: number[], what: 'Pss' | 'Pss_Anon' = 'Pss'): number {
  const size = new RegExp(`^${what}:\\s+(\\d+)`, 'm')
  let kilobytes = 0
  for (const pid of pids) {
    const rollup = readOrGone(`/proc/${pid}/smaps_rollup`)
    kilobytes += Number(size.exec(rollup ?? '')?.[1] ?? 0)
  }
  return kilobytes / 1024
}

/** State, parent and so on: the fields of /proc/…/stat behind the name, which may hold spaces. */
function readStat(pid: number): string[] | undefined {
  return readOrGone(`/proc/${pid}/stat`)?.split(') ').at(-1)!.split(' ')
}

// A process may end between being listed and being looked at.
function readOrGone(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** What the figures were measured on. */
export function describeMachine(): { cpu: string; cores: number; memoryGb: number; kernel: string; node: string } {
  return {
    cpu: cpus()[0]!.model.trim(),
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  }
}
