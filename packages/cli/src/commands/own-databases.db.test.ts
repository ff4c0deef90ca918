import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createDatabase, openDatabase } from '@kakilima/kit/database'
import { callerOf, waitFor } from '@kakilima/testkit/call'
import { freeAddresses, runCommand, startService, startShop, temporaryFolder } from '@kakilima/testkit/shop'
import { startTcpProxy } from '@kakilima/testkit/tcp-proxy'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'

// On a PostgreSQL that is not the shop's own: the one that all tests share, so the databases have names of this file.
const names = {
  user: `cli_user_${randomBytes(4).toString('hex')}`,
  inventory: `cli_inventory_${randomBytes(4).toString('hex')}`,
}
const namesOnServer = ['user_service', 'inventory_service', 'order_service', 'payment_service']
let dataFolder: string

function addressOf(database: string): string {
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${database}`
  return url.href
}

beforeAll(async () => {
  dataFolder = await temporaryFolder()
})
afterAll(async () => {
  const server = openDatabase<unknown>(inject('postgresUrl'), {
    poolSize: 1,
    applicationName: 'test',
    onIdleError: (error) => console.error(error),
  })
  for (const name of [...Object.values(names), ...namesOnServer])
    await sql`drop database if exists ${sql.id(name)} with (force)`.execute(server)
  await server.destroy()
  await rm(dataFolder, { recursive: true, force: true })
})

test('one service by itself: refused without its tables, migrated, started and stopped', async () => {
  const { user: url } = await freeAddresses()
  const env = { DATABASE_URL: addressOf(names.user), PORT: new URL(url).port, KAKILIMA_DATA: dataFolder }
  await createDatabase(env.DATABASE_URL)
  const tooEarly = await runCommand(['start', 'user'], env)
  expect(tooEarly.output).toContain('run `npx kakilima migrate user` first')
  expect(tooEarly.code).toBe(1)

  const migrated = await runCommand(['migrate', 'user'], env)
  expect(migrated.output).toMatch(new RegExp(`^${names.user}: ran 0001_\\w+`))
  expect(migrated.code).toBe(0)

  const service = await startService('user', env)
  expect(service.output()).toContain(`The user service listens on ${url}\n`)
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  expect(await service.stop()).toBe(0)
  expect(service.output()).toContain('"service":"user"')
})

test('F5 a database that is still starting is waited for, and that is said', async () => {
  const server = await startTcpProxy(addressOf(names.user))
  server.cut()
  const migrating = runCommand(['migrate', 'user'], { DATABASE_URL: server.url, KAKILIMA_DATA: dataFolder })
  await waitFor(
    async () => server.refused(),
    (refused) => refused > 1,
  )
  server.mend()
  const { code, output } = await migrating
  expect(output).toMatch(
    new RegExp(`^Waiting for the database ${names.user} \\(60 s more at most\\): .*\n${names.user}: up to date\n$`),
  )
  expect(code).toBe(0)
})

test('migrate sees to the services whose address is set, creates what is missing, and has nothing to do afterwards', async () => {
  const env = { INVENTORY_DATABASE_URL: addressOf(names.inventory), KAKILIMA_DATA: dataFolder }
  const first = await runCommand(['migrate'], env)
  expect(first.output).toMatch(new RegExp(`^${names.inventory}: ran 0001_\\w+.*\n$`))
  expect(first.code).toBe(0)
  expect((await runCommand(['migrate'], env)).output).toBe(`${names.inventory}: up to date\n`)
})

test('seed fills an empty inventory once, with its pictures', async () => {
  const env = {
    INVENTORY_DATABASE_URL: addressOf(names.inventory),
    KAKILIMA_DATA: dataFolder,
    IMAGES_FOLDER: join(dataFolder, 'pictures'),
  }
  const first = await runCommand(['seed'], env)
  expect(first.output).toBe('The inventory has 200 products of the demo shop now.\n')
  expect(first.code).toBe(0)
  expect(existsSync(join(dataFolder, 'pictures/demo/sepatu-sport.svg'))).toBe(true)
  const second = await runCommand(['seed'], env)
  expect(second.output).toBe('The inventory has or had products, so nothing was changed.\n')
  expect(second.code).toBe(1)
})

test('a shop on a server of its owner makes a database for each service there, and starts no PostgreSQL', async () => {
  const shop = await startShop({ dataFolder, env: { DATABASE_URL: inject('postgresUrl') } })
  const api = callerOf(shop.urls)
  expect((await api.get('inventory', '/products')).body).toEqual([])
  const { body: user } = await api.post('user', '/users', { name: 'Sari', phone: '0812 3456 7890' })
  const { body: product } = await api.post('inventory', '/products', { name: 'Teh Melati', price: 12_000, stock: 3 })
  const order = await api.post('order', '/orders', { user_id: user.id, product_id: product.id, quantity: 2 })
  expect(order).toMatchObject({ status: 201, body: { total_price: 24_000 } })
  expect(existsSync(join(dataFolder, 'postgres'))).toBe(false)
  expect(await shop.stop()).toBe(0)
})
