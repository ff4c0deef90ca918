import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { longestWaitMs } from './patience.ts'
import { freePort } from './shop.ts'

const program = 'redis-server'

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
  /** Asks it a command without blanks in its words. Returns the answer as it is sent. */
  ask: (command: string) => Promise<string | undefined>
  pid: () => number
  /** Ends it and removes its data. */
  stop: () => Promise<void>
}

export const isRedisInstalled = spawnSync(program, ['--version']).status === 0

/** Runs a Redis that is set up as a shop needs it. `settings` come on top: `{ appendfsync: 'everysec' }`. */
export async function launchRedis(settings: Record<string, string> = {}): Promise<RedisServer> {
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
    const until = performance.now() + longestWaitMs
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
  process.once('exit', () => {
    server.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
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
    ask: (command) => ask(port, command),
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
