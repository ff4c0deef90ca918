import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type EmbeddedPostgres, placeFor, startEmbeddedPostgres } from './embedded-postgres.ts'

const isRoot = process.getuid?.() === 0
const isLinux = process.platform === 'linux'
const testTimeoutMs = 60_000
const recoveryTimeMs = 3_000

/** Starts PostgreSQL in a process of its own, writes one row and prints the address; ends only when killed. */
const ownerProgram = `
  const [module, folder] = process.argv.slice(1);
  try {
    const server = await (await import(module)).startEmbeddedPostgres({ folder });
    console.log('url ' + server.url('postgres'));
  } catch (error) {
    console.log('error ' + error.message);
    process.exit(1);
  }
  setInterval(() => {}, 1000);`

let folder: string
let running: EmbeddedPostgres[]
let children: ChildProcess[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kakilima-postgres-'))
  chmodSync(folder, 0o755)
  running = []
  children = []
})

afterEach(async () => {
  for (const child of children) await end(child)
  for (const server of running) await server.stop()
  rmSync(folder, { recursive: true, force: true })
}, testTimeoutMs)

async function start(settings?: Record<string, string>): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ folder, ...(settings && { settings }) })
  running.push(server)
  return server
}

async function query(url: string, text: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined) // A lost connection rejects the query too, which is enough.
  await client.connect()
  try {
    return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

function keep(child: ChildProcess): ChildProcess {
  children.push(child)
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((done) => child.once('exit', done))
  child.kill('SIGKILL')
  await gone
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) done(text.slice(0, text.indexOf('\n')))
    })
    child.once('exit', () => fail(new Error(`ended after saying: ${text}`)))
  })
}

function spawnOwner(detached = false): ChildProcess {
  const module = new URL('./embedded-postgres.ts', import.meta.url).href
  return keep(
    spawn(process.execPath, ['--input-type=module', '-e', ownerProgram, module, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached,
    }),
  )
}

async function ownerUrl(owner: ChildProcess): Promise<string> {
  const line = await firstLine(owner)
  expect(line).toMatch(/^url /)
  return line.slice('url '.length)
}

/** A process of the account that PostgreSQL runs as, because only such a one can be mistaken for PostgreSQL. */
function spawnAsServerAccount(script: string): ChildProcess {
  const { uid, gid } = statSync(join(folder, 'postgres'))
  return keep(
    spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/', ...(isRoot && { uid, gid }) }),
  )
}

function postmasterFile(): string {
  return join(folder, 'postgres', 'postmaster.pid')
}

function mainPid(): number {
  return Number.parseInt(readFileSync(postmasterFile(), 'utf8'), 10)
}

/** What a server that was killed would have left behind, had its pid since gone to another process. */
function writePostmasterFile(pid: number): void {
  writeFileSync(
    postmasterFile(),
    `${pid}\n${join(folder, 'postgres')}\n1700000000\n5432\n\n127.0.0.1\n  1234567         0\nready   \n`,
  )
}

test('the first start creates a cluster that answers with our settings', { timeout: testTimeoutMs }, async () => {
  const server = await start({ work_mem: '5MB', 'kakilima.note': "it's a \\ note" })
  expect(server.dataFolder).toBe(folder)
  const shown = [
    'work_mem',
    'kakilima.note',
    'fsync',
    'synchronous_commit',
    'listen_addresses',
    'unix_socket_directories',
    'TimeZone',
    'server_encoding',
  ]
  const [row] = await query(
    server.url('postgres'),
    `select ${shown.map((name) => `current_setting('${name}')`).join()}, upper('é'), current_user`,
  )
  expect(row).toEqual(['5MB', "it's a \\ note", 'on', 'on', '127.0.0.1', '', 'UTC', 'UTF8', 'É', 'kakilima'])
  expect(statSync(join(folder, 'postgres-password')).mode & 0o777).toBe(0o600)
  expect(existsSync(join(server.binFolder, 'pg_ctl'))).toBe(true)
})

test('a wrong password is refused', { timeout: testTimeoutMs }, async () => {
  const url = new URL((await start()).url('postgres'))
  url.password = 'guess'
  await expect(query(url.href, 'select 1')).rejects.toThrow(/password authentication failed/)
})

test('a second start finds the data and the password of the first', { timeout: testTimeoutMs }, async () => {
  const first = await start()
  await query(first.url('postgres'), 'create table kept as select 42 as answer')
  await first.stop()
  await first.stop()
  expect(existsSync(join(folder, 'kakilima.pid'))).toBe(false)
  const second = await start()
  expect(await query(second.url('postgres'), 'select answer from kept')).toEqual([[42]])
})

test(
  'after kill -9 of its owner the next start stops the orphan and finds the data intact',
  { timeout: testTimeoutMs },
  async () => {
    const owner = spawnOwner()
    const url = await ownerUrl(owner)
    await query(url, 'create table kept as select generate_series(1, 1000) as n')
    const orphanPid = mainPid()
    await end(owner)
    expect(await query(url, 'select 1'), 'PostgreSQL outlives its owner').toEqual([[1]])
    const begin = performance.now()
    const server = await start()
    expect(performance.now() - begin).toBeLessThan(recoveryTimeMs)
    expect(mainPid()).not.toBe(orphanPid)
    expect(await query(server.url('postgres'), 'select count(*)::int, sum(n)::int from kept')).toEqual([[1000, 500500]])
  },
)

test.skipIf(process.platform === 'win32')(
  'Ctrl-C in the terminal of the owner does not reach PostgreSQL',
  { timeout: testTimeoutMs },
  async () => {
    const owner = spawnOwner(true)
    const url = await ownerUrl(owner)
    const gone = new Promise((done) => owner.once('exit', done))
    process.kill(-(owner.pid ?? 0), 'SIGINT')
    await gone
    await sleep(200)
    expect(await query(url, 'select 1')).toEqual([[1]])
    await start()
  },
)

test(
  'a busy session that outlives both its owner and the main process does not stop the next start',
  { timeout: testTimeoutMs },
  async () => {
    const owner = spawnOwner()
    const url = await ownerUrl(owner)
    await query(url, 'create table kept as select 42 as answer')
    const busy = query(url, 'select count(*) from generate_series(1, 1000000000)').catch((error: unknown) => error)
    await sleep(200)
    await end(owner)
    process.kill(mainPid(), 'SIGKILL')
    const server = await start()
    expect(await busy).toBeInstanceOf(Error)
    expect(await query(server.url('postgres'), 'select answer from kept')).toEqual([[42]])
  },
)

test('an owner killed during the first start leaves nothing half made', { timeout: testTimeoutMs }, async () => {
  const owner = spawnOwner()
  while (!readdirSync(folder).some((name) => name.startsWith('postgres.new'))) await sleep(5)
  await sleep(150)
  await end(owner)
  expect(existsSync(join(folder, 'postgres'))).toBe(false)
  const server = await start()
  expect(await query(server.url('postgres'), 'select 1')).toEqual([[1]])
  expect(readdirSync(folder).filter((name) => name.startsWith('postgres.new'))).toEqual([])
})

test('a half made cluster is not taken for a whole one', { timeout: testTimeoutMs }, async () => {
  mkdirSync(join(folder, 'postgres.new'))
  writeFileSync(join(folder, 'postgres.new', 'PG_VERSION'), '18\n')
  const server = await start()
  expect(await query(server.url('postgres'), 'select 1')).toEqual([[1]])
  expect(existsSync(join(folder, 'postgres.new'))).toBe(false)
})

test(
  'a stale postmaster.pid of an unrelated live process blocks nothing and leaves that process alone',
  { timeout: testTimeoutMs },
  async () => {
    await (await start()).stop()
    const bystander = spawnAsServerAccount('echo; exec sleep 60')
    await firstLine(bystander)
    writePostmasterFile(bystander.pid ?? 0)
    const server = await start()
    expect(await query(server.url('postgres'), 'select 1')).toEqual([[1]])
    expect([bystander.exitCode, bystander.signalCode]).toEqual([null, null])
  },
)

test.runIf(isLinux)('a stale postmaster.pid of a zombie blocks nothing', { timeout: testTimeoutMs }, async () => {
  await (await start()).stop()
  const parent = spawnAsServerAccount('sleep 0.05 & echo $!; exec sleep 60')
  const zombie = Number(await firstLine(parent))
  while (!readFileSync(`/proc/${zombie}/stat`, 'utf8').includes(') Z ')) await sleep(10)
  writePostmasterFile(zombie)
  const server = await start()
  expect(await query(server.url('postgres'), 'select 1')).toEqual([[1]])
})

test.runIf(isLinux)(
  'a stale kakilima.pid whose pid another process has meanwhile blocks nothing',
  { timeout: testTimeoutMs },
  async () => {
    const bystander = keep(spawn('sleep', ['60']))
    for (const content of [`${bystander.pid} 1\n`, '']) {
      writeFileSync(join(folder, 'kakilima.pid'), content)
      const server = await start()
      expect(await query(server.url('postgres'), 'select 1')).toEqual([[1]])
      await server.stop()
    }
  },
)

test('a second owner is refused with one sentence and the first goes on', { timeout: testTimeoutMs }, async () => {
  const owner = spawnOwner()
  const url = await ownerUrl(owner)
  await expect(start()).rejects.toThrow(
    `Another Kakilima (process ${owner.pid}) is using ${folder}; stop it first, or give this one another data folder.`,
  )
  expect(await query(url, 'select 1')).toEqual([[1]])
  await end(owner)
  await start()
  await expect(start()).rejects.toThrow(`(process ${process.pid})`)
})

test(
  'of several that start at the same moment after a crash exactly one gets the folder',
  { timeout: testTimeoutMs },
  async () => {
    await (await start()).stop()
    for (let round = 0; round < 3; round += 1) {
      writeFileSync(join(folder, 'kakilima.pid'), '999999999 1\n')
      const owners = [spawnOwner(), spawnOwner(), spawnOwner()]
      const lines = await Promise.all(owners.map(firstLine))
      const urls = lines.filter((line) => line.startsWith('url '))
      expect(urls, lines.join('\n')).toHaveLength(1)
      expect(lines.filter((line) => line.startsWith('error Another Kakilima (process '))).toHaveLength(2)
      expect(await query(urls.join('').slice('url '.length), 'select 1')).toEqual([[1]])
      for (const owner of owners) await end(owner)
    }
    await start()
  },
)

test.runIf(isRoot)(
  'as root, a folder that the account of PostgreSQL cannot enter moves elsewhere and stays there',
  { timeout: testTimeoutMs },
  async () => {
    chmodSync(folder, 0o700)
    const wanted = join(folder, '.kakilima')
    const place = placeFor(wanted)
    expect(place).toEqual({
      folder: expect.stringMatching(/^\/var\/lib\/kakilima\/kakilima-[0-9a-f]{8}$/),
      moved: true,
    })
    try {
      const server = await startEmbeddedPostgres({ folder: wanted })
      running.push(server)
      expect(server.dataFolder).toBe(place.folder)
      expect(await query(server.url('postgres'), 'select 1')).toEqual([[1]])
      expect(existsSync(wanted)).toBe(false)
      expect(placeFor(place.folder), 'a place stays its own place').toEqual({ folder: place.folder, moved: false })
      chmodSync(folder, 0o755)
      expect(placeFor(wanted), 'data stay where they are').toEqual(place)
      await server.stop()
    } finally {
      rmSync(place.folder, { recursive: true, force: true })
      if (readdirSync(dirname(place.folder)).length === 0) rmdirSync(dirname(place.folder))
    }
  },
)

test.runIf(isRoot)(
  'as root, a cluster that a restored backup left to root is given back to the account',
  { timeout: testTimeoutMs },
  async () => {
    await (await start()).stop()
    execFileSync('chown', ['-R', 'root:root', folder])
    execFileSync('chmod', ['-R', 'go+rX', folder])
    expect(await query((await start()).url('postgres'), 'select 1')).toEqual([[1]])
  },
)

test('a folder that cannot be written is named in one sentence', { timeout: testTimeoutMs }, async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const wanted = join(file, 'shop')
  expect(placeFor(wanted)).toEqual({ folder: wanted, moved: false })
  await expect(startEmbeddedPostgres({ folder: wanted })).rejects.toThrow(
    /^The data folder \S+\/file\/shop cannot be written \(.+\); give this user write access to it, or choose another data folder\.$/,
  )
  // Root may write anywhere.
  if (isRoot) return
  chmodSync(folder, 0o555)
  await expect(start()).rejects.toThrow(/cannot be written \(EACCES/)
})

test(
  'when PostgreSQL does not start, the error ends with what its log says and the folder is free again',
  { timeout: testTimeoutMs },
  async () => {
    const holder = createServer()
    const port = await new Promise<number>((done) =>
      holder.listen(0, '127.0.0.1', () => done(Number(Object(holder.address()).port))),
    )
    try {
      await expect(startEmbeddedPostgres({ folder, port })).rejects.toThrow(
        /did not start in .+postgresql\.log says:\n[^]*Address already in use/,
      )
    } finally {
      holder.close()
    }
    await expect(start({ shared_buffers: 'much' })).rejects.toThrow(/invalid value for parameter "shared_buffers"/)
    expect(await query((await start()).url('postgres'), 'select 1')).toEqual([[1]])
  },
)

/** The main process of the server in the folder. */
const postmaster = () => Number(readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])

test.skipIf(!isLinux)(
  'F4 R4 a server that is killed with all that it had in hand is started again at the same port, again and again',
  { timeout: 3 * testTimeoutMs },
  async () => {
    const news: string[] = []
    const server = await startEmbeddedPostgres({ folder, onNews: (sentence) => news.push(sentence) })
    running.push(server)
    const url = server.url('postgres')
    await query(url, 'create table notes (text text)')
    for (let kill = 1; kill <= 3; kill++) {
      await query(url, `insert into notes values ('kill ${kill}')`)
      process.kill(postmaster(), 'SIGKILL')
      await expect
        .poll(() => news.filter((sentence) => sentence === 'PostgreSQL runs again.').length, { timeout: testTimeoutMs })
        .toBe(kill)
      expect(await query(url, 'select count(*)::int from notes')).toEqual([[kill]])
    }
    expect(news[0]).toContain('PostgreSQL has ended by itself and is started again')
    await server.stop()
    expect(existsSync(join(folder, 'postgres', 'postmaster.pid'))).toBe(false)
  },
)

test.skipIf(!isLinux)('F4 one that is stopped while it is being started again leaves nothing behind', async () => {
  const away = Promise.withResolvers<string>()
  const server = await startEmbeddedPostgres({ folder, onNews: away.resolve })
  process.kill(postmaster(), 'SIGKILL')
  await away.promise
  await server.stop()
  expect(existsSync(join(folder, 'postgres', 'postmaster.pid'))).toBe(false)
  const again = await start()
  expect(await query(again.url('postgres'), 'select 1')).toEqual([[1]])
})

test.skipIf(!isLinux)('F4 a backend that crashes is none of ours: PostgreSQL sees to it by itself', async () => {
  const news: string[] = []
  const server = await startEmbeddedPostgres({ folder, onNews: (sentence) => news.push(sentence) })
  running.push(server)
  const url = server.url('postgres')
  const before = postmaster()
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  process.kill(rows[0]!.pid, 'SIGKILL')
  await expect.poll(() => query(url, 'select 1').catch(() => undefined), { timeout: testTimeoutMs }).toEqual([[1]])
  expect(postmaster()).toBe(before)
  expect(news).toEqual([])
})

/** A disk of its own in the folder, so small that it can be filled. Returns whether this machine lets us. */
function mountSmallDisk(): boolean {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200m,mode=755', 'none', folder], { encoding: 'utf8' })
  return mounted.status === 0
}

test.skipIf(!isLinux || !isRoot)(
  'F4 R10 a server whose disk is full is tried again until there is space, and has lost nothing',
  { timeout: 4 * testTimeoutMs },
  async ({ skip }) => {
    if (!mountSmallDisk()) skip('this machine lets nobody mount a disk')
    const news: string[] = []
    const server = await startEmbeddedPostgres({
      folder,
      settings: { min_wal_size: '32MB', max_wal_size: '32MB', wal_buffers: '1MB' },
      onNews: (sentence) => news.push(sentence),
    })
    try {
      const url = server.url('postgres')
      await query(url, 'create table notes (id int)')
      let stored = 0
      const store = async () => {
        await query(url, `insert into notes values (${stored + 1})`)
        stored++
      }
      await store()
      const filler = join(folder, 'filler')
      expect(spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k'], { stdio: 'ignore' }).status).not.toBe(0)
      // Each switch wants a new file for the log of changes, until there is no room for one.
      await expect
        .poll(
          async () => {
            await query(url, 'select pg_switch_wal()').then(store, () => undefined)
            return news.some((sentence) => sentence.includes('No space left on device'))
          },
          { timeout: 2 * testTimeoutMs },
        )
        .toBe(true)
      rmSync(filler)
      await expect.poll(() => news.at(-1), { timeout: 2 * testTimeoutMs }).toBe('PostgreSQL runs again.')
      const [rows] = await query(url, 'select count(*)::int from notes')
      expect(rows![0]).toBeGreaterThanOrEqual(stored)
    } finally {
      await server.stop()
      execFileSync('umount', [folder])
    }
  },
)
