import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServiceUrls } from './call.ts'
import { longestWaitMs } from './patience.ts'

const cli = fileURLToPath(new URL('../../cli/bin/kakilima.js', import.meta.url))
/** What Node has compiled of the shop, for all that the tests start: a fifth of what a start costs. */
const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/kakilima-tests', import.meta.url))

// A test file that ends early must not leave a shop behind. Vitest ends its workers with SIGTERM, which by itself runs no exit handlers.
const running = new Set<ChildProcess>()
process.once('exit', () => running.forEach((child) => child.kill('SIGTERM')))
process.once('SIGTERM', () => process.exit())

export type ShopOptions = {
  /** Whether to fill it with the demo shop. */
  demo?: boolean
  /** Settings beside those of addresses and data, which it has already. */
  env?: Record<string, string>
  /** Where its data are; given when it should find those of an earlier shop. Otherwise a folder that `stop` removes. */
  dataFolder?: string
  /** Where it listens; given to start it a second time at the same place. Otherwise on ports that are free. */
  urls?: ServiceUrls
}

export type Shop = {
  urls: ServiceUrls
  dataFolder: string
  process: ChildProcess
  /** All that it has printed so far. */
  output: () => string
  /** Asks it to end as Ctrl-C does, and waits. Returns its exit code. */
  stop: () => Promise<number | null>
  /** Kills it, which leaves its PostgreSQL running. The data stay for the next shop. */
  kill: () => Promise<void>
}

/** Runs `kakilima up` in a process of its own and waits until it says that it runs. Throws with its output when it ends instead. */
export async function startShop({ demo = false, env = {}, dataFolder, urls }: ShopOptions = {}): Promise<Shop> {
  const folder = dataFolder ?? (await temporaryFolder())
  const addresses = urls ?? (await freeAddresses())
  const child = startCommand(['up', ...(demo ? [] : ['--no-demo'])], {
    KAKILIMA_DATA: folder,
    // A core that the test needs.
    AUDIT_EVERY_MINUTES: '0',
    ...variablesOf(addresses),
    ...env,
  })
  await child.waitFor('Kakilima runs.')
  return {
    urls: addresses,
    dataFolder: folder,
    process: child.process,
    output: child.output,
    stop: async () => {
      child.process.kill('SIGTERM')
      const code = await child.exited
      if (dataFolder === undefined) await rm(folder, { recursive: true, force: true })
      return code
    },
    kill: async () => {
      child.process.kill('SIGKILL')
      await child.exited
    },
  }
}

export type ServiceProcess = {
  /** Kills it as a crash does, and waits until it is gone. */
  kill: () => Promise<void>
  /** Asks it to end, and waits. Returns its exit code. */
  stop: () => Promise<number | null>
  /** Stops its clock, and lets it go on. It knows nothing of the time between. */
  pause: () => void
  resume: () => void
  output: () => string
}

/** Runs `kakilima start` for one service in a process of its own and waits until it listens. Throws with its output when it ends instead. */
export async function startService(service: string, env: Record<string, string>): Promise<ServiceProcess> {
  const child = startCommand(['start', service], env)
  await child.waitFor('listens on')
  const endWith = async (signal: 'SIGKILL' | 'SIGTERM') => {
    child.process.kill(signal)
    // A paused process would not hear of it.
    child.process.kill('SIGCONT')
    return child.exited
  }
  return {
    output: child.output,
    stop: () => endWith('SIGTERM'),
    kill: async () => void (await endWith('SIGKILL')),
    pause: () => void child.process.kill('SIGSTOP'),
    resume: () => void child.process.kill('SIGCONT'),
  }
}

export type CommandResult = { code: number | null; output: string }

/** Runs a command of `kakilima` to its end. */
export async function runCommand(
  args: string[],
  env: Record<string, string> = {},
  cwd?: string,
): Promise<CommandResult> {
  const child = startCommand(args, env, cwd)
  const limit = setTimeout(() => child.process.kill('SIGKILL'), longestWaitMs)
  const code = await child.exited
  clearTimeout(limit)
  return { code, output: child.output() }
}

/** A folder that PostgreSQL's own account may enter too, when root runs the tests. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kakilima-shop-'))
  await chmod(folder, 0o755)
  return folder
}

type RunningCommand = {
  process: ChildProcess
  output: () => string
  exited: Promise<number | null>
  waitFor: (text: string) => Promise<void>
}

/** Starts a command of `kakilima` with these settings and no others, in a folder that has no `.env` unless another is given. */
function startCommand(args: string[], env: Record<string, string> = {}, cwd = tmpdir()): RunningCommand {
  const child = spawn(cli, args, {
    cwd,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: compileCache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  let output = ''
  const exited = once(child, 'close').then(([code]) => code as number | null)
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()))

  async function waitFor(text: string): Promise<void> {
    const until = performance.now() + longestWaitMs
    while (!output.includes(text)) {
      const ended = child.exitCode !== null || child.signalCode !== null
      if (ended || performance.now() > until) {
        child.kill('SIGKILL')
        throw new Error(`kakilima ${args.join(' ')} ${ended ? 'ended' : 'did not get so far'}:\n${output}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  return { process: child, output: () => output, exited, waitFor }
}

const [portRanges, portsOfRange] = [3, 4000]

/** A port that is free, behind `from`, in the range of this test file: see `freeAddresses`. */
export async function freePort(from: number): Promise<number> {
  for (;;) {
    const port = from + Math.floor((rangeOfFile() + Math.random()) * 1000)
    if (await isFree(port)) return port
  }
}

const rangeOfFile = () => Number(process.env.VITEST_POOL_ID ?? 0) % portRanges

const servicesOfShop = ['user', 'inventory', 'order', 'payment', 'webhook', 'catalog', 'gateway'] as const

function variablesOf(urls: ServiceUrls): Record<string, string> {
  return Object.fromEntries(servicesOfShop.map((service) => [`${service.toUpperCase()}_URL`, urls[service]]))
}

/**
 * Addresses on ports that are free, below those that the system lends to outgoing connections, which come and go. Test files that run at
 * the same time have ranges of their own: a service may start long after its port was found free.
 */
export async function freeAddresses(): Promise<ServiceUrls> {
  const urls = new Set<string>()
  while (urls.size < servicesOfShop.length) {
    const port = 20_000 + Math.floor((rangeOfFile() + Math.random()) * portsOfRange)
    if (await isFree(port)) urls.add(`http://127.0.0.1:${port}`)
  }
  const chosen = [...urls]
  return Object.fromEntries(servicesOfShop.map((service, index) => [service, chosen[index]])) as ServiceUrls
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
