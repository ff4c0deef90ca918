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

/** The engines of the queue that tests run over, with the settings that choose each: a Redis of its own for every call. */
export const queueEngines: { engine: string; startEngine: () => Promise<Record<string, string>> }[] = [
  { engine: 'PostgreSQL', startEngine: async () => ({}) },
  ...(canRunRedis ? [{ engine: 'Redis', startEngine: async () => ({ REDIS_URL: (await startRedis()).url }) }] : []),
]

export type RedisServer = {
  url: string
  /** Where its append-only file is. */
  folder: string
  /** Kills it as a crash does, and waits until it is gone. */
  kill: () => Promise<void>
  /** Starts it again at its place with what is on its disk, and waits until it answers. */
  restart: () => Promise<void>
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
    while (!(await answers(port))) {
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
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
    pid: () => server.pid!,
    stop: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Whether it listens and has read what is on its disk. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.once('data', (data) => {
      socket.destroy()
      resolve(data.toString().startsWith('+PONG'))
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
