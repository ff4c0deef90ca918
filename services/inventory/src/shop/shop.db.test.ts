import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { auditLogOf, whileAuditLogIsFull } from '@kakilima/testkit/audit-log'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { pngOf } from '@kakilima/testkit/png'
import { sql } from 'kysely'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { readInventoryConfig } from '../config.ts'
import type { InventoryTables } from '../database.ts'
import { changeShop, findShop } from './change-shop.ts'

const db = await testDatabase<InventoryTables>('inventory', 20)
const folder = await mkdtemp(join(tmpdir(), 'kakilima-images-'))
const config = readInventoryConfig(
  testEnvironment({
    INVENTORY_DATABASE_URL: 'postgres://unused',
    IMAGES_URL: 'https://shop.example',
    IMAGES_FOLDER: folder,
  }),
)
const app = await buildApp({ config, db, logger: silentLogger() })
afterAll(async () => {
  await app.close()
  await rm(folder, { recursive: true })
})

beforeEach(async () => {
  await sql`delete from shop`.execute(db)
  await sql`insert into shop default values`.execute(db)
  await sql`truncate audit_log`.execute(db)
})

const put = async (payload: object) => app.inject({ method: 'PUT', url: '/shop', payload })
const setLogo = (payload: Buffer) =>
  app.inject({ method: 'PUT', url: '/shop/logo', payload, headers: { 'content-type': 'image/png' } })
const files = () => readdir(join(folder, 'shop')).catch(() => [])

test('a shop that nobody has set up says what is usual', async () => {
  expect((await app.inject('/shop')).json()).toEqual({
    name: null,
    logo: null,
    languages: ['id', 'en'],
    time_zone: 'Asia/Jakarta',
    low_stock_at: 5,
    version: 1,
    updated_at: expect.stringMatching(/Z$/),
  })
})

test('any of it can be changed, and each change is logged with what it touched', async () => {
  expect((await put({ name: '  Warung Bu Sari ', languages: ['en'] })).json()).toMatchObject({
    name: 'Warung Bu Sari',
    languages: ['en'],
    low_stock_at: 5,
    version: 2,
  })
  expect((await put({ low_stock_at: 0, time_zone: 'Asia/Makassar', version: 99 })).json()).toMatchObject({
    name: 'Warung Bu Sari',
    low_stock_at: 0,
    time_zone: 'Asia/Makassar',
    version: 3,
  })
  expect(await auditLogOf(db)).toMatchObject([
    {
      action: 'shop.update',
      subject_type: 'shop',
      before: { name: null, languages: ['id', 'en'], version: 1 },
      after: { name: 'Warung Bu Sari', languages: ['en'], version: 2 },
    },
    { before: { low_stock_at: 5 }, after: { low_stock_at: 0, time_zone: 'Asia/Makassar' } },
  ])
})

test('what is there already is no change', async () => {
  await put({ name: 'Warung' })
  for (const same of [{ name: ' Warung' }, { languages: ['id', 'en'] }, {}])
    expect((await put(same)).json()).toMatchObject({ version: 2 })
  expect(await auditLogOf(db)).toHaveLength(1)
})

test('changes of other fields at the same moment all count', async () => {
  const names = Array.from({ length: 20 }, (_, n) => n)
  await Promise.all(names.map((n) => changeShop(db, n % 2 === 0 ? { name: `Warung ${n}` } : { low_stock_at: 100 + n })))
  const shop = await findShop(db)
  expect(shop).toMatchObject({ name: expect.stringMatching(/^Warung \d+$/), version: 21 })
  expect(shop.low_stock_at).toBeGreaterThan(100)
  expect(await auditLogOf(db)).toHaveLength(20)
})

test('a time zone that there is not is refused with a word of it', async () => {
  const answer = await put({ time_zone: 'Asia/Nowhere' })
  expect([answer.statusCode, answer.json().detail]).toEqual([
    422,
    'body.time_zone is Asia/Nowhere, which no time zone is called',
  ])
})

test('a logo comes in its sizes, takes the place of the one before, and goes with its files', async () => {
  const { logo } = (await setLogo(pngOf(400, 100))).json()
  expect(logo).toMatchObject({ width: 400, height: 100, srcset: expect.stringContaining(' 160w, ') })
  expect(logo.url).toMatch(/^https:\/\/shop\.example\/images\/shop\/\d+-[0-9a-f]{16}-400\.webp$/)
  expect((await app.inject(new URL(logo.url).pathname)).statusCode).toBe(200)
  expect(await files()).toHaveLength(3)

  const second = (await setLogo(pngOf(100, 100))).json()
  expect([second.version, (await files()).length]).toEqual([3, 1])
  expect((await setLogo(Buffer.from('no picture'))).statusCode).toBe(422)
  expect((await app.inject('/shop')).json()).toEqual(second)

  expect((await app.inject({ method: 'DELETE', url: '/shop/logo' })).json()).toMatchObject({ logo: null, version: 4 })
  expect((await app.inject({ method: 'DELETE', url: '/shop/logo' })).json()).toMatchObject({ logo: null, version: 4 })
  expect(await files()).toEqual([])
  expect((await auditLogOf(db)).map(({ action }) => action)).toEqual(Array(3).fill('shop.set_logo'))
})

test('of a change that cannot be logged nothing stays', async () => {
  const before = await findShop(db)
  await whileAuditLogIsFull(db, async () => {
    expect((await put({ name: 'Warung' })).statusCode).toBe(500)
    expect((await setLogo(pngOf(10, 10))).statusCode).toBe(500)
  })
  expect(await findShop(db)).toEqual(before)
})
