import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const longestCommandMs = 5 * 60_000
const longestStartMs = 5 * 60_000
const longestStopMs = 30_000

// A run that ends early must not leave programs behind.
const running = new Set<ChildProcess>()
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')))

/** How Node is to run a program: its script and arguments, its settings and no others, and a folder for what it writes. */
export type Start = { args: string[]; env: Record<string, string>; cwd: string }

export type RunningProgram = { pid: number; stop: () => Promise<void> }

/** Runs a command to its end. Throws with its output when it fails. */
export async function runProgram(start: Start): Promise<void> {
  const { child, exited, fail } = spawnProgram(start)
  const limit = setTimeout(() => child.kill('SIGKILL'), longestCommandMs)
  const code = await exited
  clearTimeout(limit)
  if (code !== 0) throw fail('failed')
}

/** Starts a program and waits until `isReady`, which is asked again and again. Throws with its output when it ends before. */
export async function startProgram(start: Start, isReady: () => Promise<boolean>): Promise<RunningProgram> {
  const { child, exited, fail } = spawnProgram(start)
  const until = performance.now() + longestStartMs
  while (!(await isReady())) {
    if (child.exitCode !== null || child.signalCode !== null) throw fail('ended')
    if (performance.now() > until) {
      child.kill('SIGKILL')
      throw fail('did not get ready')
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return {
    pid: child.pid!,
    async stop() {
      child.kill('SIGTERM')
      const limit = setTimeout(() => child.kill('SIGKILL'), longestStopMs)
      await exited
      clearTimeout(limit)
    },
  }
}

function spawnProgram({ args, env, cwd }: Start) {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()))
  const exited = once(child, 'close').then(([code]) => code as number | null)
  const fail = (what: string) => new Error(`${args.join(' ')} ${what}:\n${output.slice(-5000)}`)
  return { child, exited, fail }
}
