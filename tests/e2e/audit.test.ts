import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { callerOf, waitFor } from '@kakilima/testkit/call'
import { holdLock, type HeldLock } from '@kakilima/testkit/hold-lock'
import { freeAddresses, runCommand, type Shop, startShop, temporaryFolder } from '@kakilima/testkit/shop'
import { shopDatabases } from '@kakilima/testkit/shop-database'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Signed, signIn } from './people.ts'

let shop: Shop
let api: ReturnType<typeof callerOf>
let admin: Signed
const dataFolder = await temporaryFolder()
const urls = await freeAddresses()
const file = join(dataFolder, 'audit.json')
const account = { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'kata sandi admin' }

async function start(env: Record<string, string> = {}): Promise<void> {
  shop = await startShop({ dataFolder, urls, env: { ...account, ...env } })
  api = callerOf(urls)
  admin = await signIn(api, account.ADMIN_EMAIL, account.ADMIN_PASSWORD)
}

beforeAll(() => start())
afterAll(async () => {
  await shop.stop()
  await rm(dataFolder, { recursive: true, force: true })
})

const lastAudit = () => api.get('gateway', '/api/v1/audit', admin)
const runNow = () => api.post('gateway', '/api/v1/audit', undefined, admin)

/** What `/proc` says of the auditors that the shop, or one that was killed, has started: the nice level of each by its process. */
function auditors(): Map<number, number> {
  const found = new Map<number, number>()
  for (const pid of readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    try {
      // That of another account may not be looked at any further.
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('audit-process')) continue
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(dataFolder)) continue
      const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
      if (afterName[0] !== 'Z') found.set(pid, Number(afterName[16]))
    } catch (error) {
      // It has ended meanwhile.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
  return found
}

/** Keeps the auditor at work until the lock is released. */
async function keepAtWork(): Promise<HeldLock & { isWaitedFor: () => Promise<boolean> }> {
  const db = (await shopDatabases(dataFolder)).open('order')
  const held = await holdLock(db, (tx) => sql`lock table orders in access exclusive mode`.execute(tx))
  return {
    ...held,
    release: async () => {
      await held.release()
      await db.destroy()
    },
    async isWaitedFor() {
      const { rows } = await sql`
        select 1 from pg_stat_activity where application_name = 'kakilima audit' and wait_event_type = 'Lock'`.execute(
        db,
      )
      return rows.length > 0
    },
  }
}

test('before the first there is none, and one that is asked for is at work at once, behind all others and alone', async () => {
  expect(await lastAudit()).toMatchObject({ status: 404, body: { type: '/problems/audit-not-found' } })
  const work = await keepAtWork()
  expect((await runNow()).status).toBe(202)
  await waitFor(work.isWaitedFor, Boolean)
  expect((await runNow()).status).toBe(202)
  expect([...auditors().values()]).toEqual([10])
  await work.release()
  const { body } = await waitFor(lastAudit, ({ status }) => status === 200)
  expect(body).toMatchObject({ is_whole: true, checked_at: expect.stringMatching(/Z$/), took_ms: expect.any(Number) })
  expect(new Set(body.findings.map(({ invariant }: { invariant: string }) => invariant)).size).toBeGreaterThan(4)
  expect(body.findings[0]).toEqual({ invariant: 'I1', holds: expect.any(String), violations: 0, examples: [] })
  await waitFor(
    async () => auditors().size,
    (count) => count === 0,
  )
})

test('what the command finds is shown, with five examples of each, until the next one', async () => {
  const db = (await shopDatabases(dataFolder)).open('inventory')
  await sql`
    insert into products (name, slug, price, stock) select 'Topi', 'topi-' || n, 1, 1 from generate_series(1, 7) n`.execute(
    db,
  )
  const found = await runCommand(['audit', '--settle-seconds', '0'], { KAKILIMA_DATA: dataFolder })
  expect(found.code, found.output).toBe(1)
  const { body } = await lastAudit()
  const wrong = body.findings.filter(({ violations }: { violations: number }) => violations > 0)
  expect([body.is_whole, wrong]).toMatchObject([false, [{ invariant: 'I3', violations: 7 }]])
  expect(wrong[0].examples).toHaveLength(5)
  expect(wrong[0].examples[0]).toMatch(/^product \d+ /)
  await sql`delete from products`.execute(db)
  await db.destroy()
  expect((await runCommand(['audit'], { KAKILIMA_DATA: dataFolder })).code).toBe(0)
  expect((await lastAudit()).body.is_whole).toBe(true)
  // Nothing unfinished is left beside it.
  expect((await readdir(dataFolder)).filter((name) => name.startsWith('audit.json'))).toEqual(['audit.json'])
})

test('a broken file is an error, and the next audit mends it', async () => {
  await writeFile(file, '{"checked_at": "2026')
  expect((await lastAudit()).status).toBe(500)
  expect((await runNow()).status).toBe(202)
  await waitFor(lastAudit, ({ status }) => status === 200)
})

test('where the file cannot be written the command still tells what it found', async () => {
  const told = await runCommand(['audit'], { KAKILIMA_DATA: dataFolder, AUDIT_FILE: join(dataFolder, 'no/such/file') })
  expect(told.code).toBe(1)
  expect(told.output).toContain('I7  holds')
  expect(told.output).toContain('name another file in AUDIT_FILE')
})

test('a shop that is killed leaves no auditor behind', async () => {
  const work = await keepAtWork()
  await runNow()
  await waitFor(work.isWaitedFor, Boolean)
  expect(auditors().size).toBe(1)
  await shop.kill()
  await waitFor(
    async () => auditors().size,
    (count) => count === 0,
  )
  await work.release()
})

test('it looks by itself as often as it is told to, and ends with the shop', async () => {
  await rm(file, { force: true })
  await start({ AUDIT_EVERY_MINUTES: '0.02' })
  const first = await waitFor(lastAudit, ({ status }) => status === 200)
  await waitFor(lastAudit, ({ body }) => body.checked_at > first.body.checked_at)
  const work = await keepAtWork()
  await waitFor(work.isWaitedFor, Boolean)
  expect(auditors().size).toBe(1)
  const stopped = shop.stop()
  await waitFor(
    async () => auditors().size,
    (count) => count === 0,
  )
  await work.release()
  expect(await stopped).toBe(0)
  expect(existsSync(file)).toBe(true)
})
