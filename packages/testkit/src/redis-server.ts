import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { freePort } from './shop.ts'

const program = 'redis-server'
const longestStartMs = 30_000

/** Whether tests over Redis run. Where the program is not installed they are skipped by name, but never on the build server. */
export const canRunRedis = (process.env.CI ?? '') !== '' || spawnSync(program, ['--version']).status === 0

export type QueueEngine = {
  engine: 'PostgreSQL' | 'Redis'
  /** Starts what the engine needs beside the order database, for the tests of the calling file. Returns the settings that choose it. */
  startEngine: () => Promise<{ settings: { REDIS_URL?: string }; redis: RedisServer | undefined }>
}

async function startRedisEngine() {
  const redis = await startRedis()
  return { settings: { REDIS_URL: redis.url }, redis }
}

/** The engines that tests of the queue run over. */
export const queueEngines: QueueEngine[] = [
  { engine: 'PostgreSQL', startEngine: async () => ({ settings: {}, redis: undefined }) },
  ...(canRunRedis ? [{ engine: 'Redis' as const, startEngine: startRedisEngine }] : []),
]

export type RedisServer = {
  url: string
  /** Where its append-only file is. */
  folder: string
  /** Kills it as a crash does, and waits until it is gone. */
  kill: () => Promise<void>
  /** Starts it again at its place with what is on its disk, and waits until it answers. */
  restart: () => Promise<void>
  /** Empties it. */
  clear: () => Promise<void>
  /** Stops its clock, and lets it go on. */
  pause: () => void
  resume: () => void
}

/** Runs a Redis that is set up as a shop needs it, for the tests of the calling file. `settings` come on top: `{ appendfsync: 'everysec' }`. */
export async function startRedis(settings: Record<string, string> = {}): Promise<RedisServer> {
  const server = await launchRedis(settings)
  afterAll(server.stop)
  return server
}

/** The same for who is no test: ends with `stop`. */
export async function launchRedis(
  settings: Record<string, string> = {},
): Promise<RedisServer & { pid: () => number; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'kakilima-redis-'))
  const port = await freePort(17_000)
  const wanted = { appendonly: 'yes', appendfsync: 'always', save: '', ...settings }
  const options = Object.entries(wanted).flatMap(([name, value]) => [`--${name}`, ...value.split(' ')])
  let server: ChildProcess

  async function restart(): Promise<void> {
    let output = ''
    server = spawn(program, ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...options])
    const child = server
    child.on('error', (error) => (output += error.message))
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (output += text.toString()))
    const until = performance.now() + longestStartMs
    // It answers otherwise while it reads what is on its disk.
    while ((await ask(port, 'PING')) !== '+PONG') {
      if (child.exitCode !== null || child.pid === undefined || performance.now() > until)
        throw new Error(`${program} does not start:\n${output}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return
    const gone = once(server, 'exit')
    server.kill('SIGKILL')
    await gone
  }

  // A test file that ends early must not leave one behind.
  process.once('exit', () => server.kill('SIGKILL'))
  await restart()
  return {
    url: `redis://127.0.0.1:${port}`,
    folder,
    kill,
    restart,
    clear: async () => {
      if ((await ask(port, 'FLUSHALL')) !== '+OK') throw new Error('Redis cannot be emptied')
    },
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
    pid: () => server.pid!,
    stop: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What it answers to a command, or nothing where it does not listen. */
function ask(port: number, command: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`))
    socket.once('data', (data) => {
      socket.destroy()
      resolve(data.toString().trim())
    })
    socket.once('error', () => resolve(undefined))
    socket.once('close', () => resolve(undefined))
  })
}
