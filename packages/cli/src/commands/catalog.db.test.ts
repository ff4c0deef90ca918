import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { callerOf } from '@kakilima/testkit/call'
import { cloneDatabase, openTestDatabase } from '@kakilima/testkit/database-per-file'
import { freeAddresses, runCommand, startService, temporaryFolder } from '@kakilima/testkit/shop'
import { type Kysely, sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'

const folder = await temporaryFolder()
const urls = await freeAddresses()
const catalogUrl = await cloneDatabase('catalog')
const catalog: Kysely<any> = await openTestDatabase<any>(catalogUrl)
const token = randomBytes(33).toString('base64')
const inventory = await startService('inventory', {
  DATABASE_URL: await cloneDatabase('inventory'),
  PORT: new URL(urls.inventory).port,
  INVENTORY_URL: urls.inventory,
  IMAGES_FOLDER: folder,
  SERVICE_TOKEN: token,
  LEGACY_OPEN_PORTS: 'false',
  LOG_LEVEL: 'warn',
})
afterAll(async () => {
  await inventory.stop()
  await rm(folder, { recursive: true, force: true })
})

const env = {
  CATALOG_DATABASE_URL: catalogUrl,
  INVENTORY_URL: urls.inventory,
  KAKILIMA_DATA: folder,
  SERVICE_TOKEN: token,
}
const rebuild = (change: Record<string, string> = {}) => runCommand(['catalog', 'rebuild'], { ...env, ...change })

test('makes the catalog anew, and tells of what it made', async () => {
  const headers = { authorization: `Bearer ${token}` }
  const api = callerOf(urls)
  for (const name of ['Kopi', 'Teh', 'Gula']) {
    const { status } = await api.post('inventory', '/products', { name, price: 1000, stock: 5 }, headers)
    expect(status).toBe(201)
  }
  await api.delete('inventory', '/products/2', headers)
  await sql`insert into products (id, name, fields_version) values (3, 'wrong', 1), (77, 'never was', 5)`.execute(
    catalog,
  )
  expect(await rebuild()).toEqual({
    code: 0,
    output: 'The catalog has 2 products as the inventory has them, and knows of 1 that were taken out.\n',
  })
  const rows = await catalog.selectFrom('products').select(['id', 'name', 'is_shown']).orderBy('id').execute()
  expect(rows).toEqual([
    { id: 1, name: 'Kopi', is_shown: true },
    { id: 2, name: '', is_shown: false },
    { id: 3, name: 'Gula', is_shown: true },
  ])
})

test('says what is needed where the inventory service does not run, or does not know the caller', async () => {
  expect(await rebuild({ INVENTORY_URL: urls.payment })).toEqual({
    code: 1,
    output: `The inventory service does not answer at ${urls.payment}, and all products come from there: start the shop, or name its address in INVENTORY_URL.\n`,
  })
  expect(await rebuild({ SERVICE_TOKEN: randomBytes(33).toString('base64') })).toMatchObject({
    code: 1,
    output: expect.stringContaining('service token'),
  })
})

test('does not begin while the catalog is being made anew already', async () => {
  await catalog.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(hashtext('catalog rebuild'))`.execute(connection)
    expect(await rebuild()).toEqual({
      code: 1,
      output: 'The catalog is being made anew already, by the catalog service or another command: let that end.\n',
    })
    await sql`select pg_advisory_unlock_all()`.execute(connection)
  })
  expect((await rebuild()).code).toBe(0)
})

test('wants a database that is up to date', async () => {
  const { code, output } = await rebuild({ CATALOG_DATABASE_URL: await cloneDatabase('payment') })
  expect(code).toBe(1)
  expect(output).toContain('npx kakilima migrate catalog')
})
