import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freeAddresses, runCommand, temporaryFolder } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'

let folder: string
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test.each(['up', 'start', 'migrate', 'seed', 'audit', 'queue', 'user', 'catalog'])(
  '%s --help explains it with an example',
  async (name) => {
    const { code, output } = await runCommand([name, '--help'])
    expect(output).toContain(`kakilima ${name}`)
    expect(output).toMatch(/EXAMPLES?\n/)
    expect(code).toBe(0)
  },
)

test('without a command it shows the commands, which is not what was asked', async () => {
  const { code, output } = await runCommand([])
  for (const name of ['up', 'start', 'migrate', 'seed', 'audit', 'queue', 'user', 'catalog'])
    expect(output).toContain(`  ${name} `)
  expect(code).toBe(1)
})

const mysql =
  'is a MySQL or MariaDB address, which Kakilima does not speak yet: give it a PostgreSQL address like postgres://user:password@host:5432/database.'

test.each<{ says: string[]; args: string[]; env?: Record<string, string> }>([
  {
    args: ['open'],
    says: [
      'There is no command open: the commands are up, start, migrate, seed, audit, queue, user, catalog, products.',
    ],
  },
  { args: ['up', '--nodemo'], says: ["Unknown option '--nodemo': see npx kakilima up --help."] },
  { args: ['seed', 'twice'], says: ["Unexpected argument 'twice': see npx kakilima seed --help."] },
  {
    args: ['start'],
    says: ['Name a service: the services are user, inventory, order, payment, webhook, catalog, gateway.'],
  },
  { args: ['user'], says: ['Say what to do: npx kakilima user add --email …'] },
  { args: ['queue'], says: ['Say what to do: npx kakilima queue status, parked, replay, reject or leave-redis'] },
  {
    args: ['queue', 'replay', 'all'],
    says: ['Name the orders by their ids: npx kakilima queue replay 204 205, or --all of them.'],
  },
  { args: ['catalog'], says: ['Say what to do: npx kakilima catalog rebuild'] },
  { args: ['catalog', 'drop'], says: ['Say what to do: npx kakilima catalog rebuild'] },
  { args: ['user', 'add', '--name', 'Rina', '--role', 'staff'], says: ['--email must be an e-mail address.'] },
  {
    args: ['user', 'add', '--email', 'rina@example.com', '--name', 'Rina', '--role', 'customer'],
    says: ['--role must be one of viewer, staff, admin.'],
  },
  {
    args: ['start', 'basket'],
    says: [
      'There is no service named basket: the services are user, inventory, order, payment, webhook, catalog, gateway.',
    ],
  },
  { args: ['up'], env: { DATABASE_URL: 'mysql://root:secret@localhost/shop' }, says: [`DATABASE_URL ${mysql}`] },
  {
    args: ['up'],
    env: {
      ORDER_DATABASE_URL: 'mariadb://localhost/shop',
      USER_URL: 'here',
      DATABASE_POOL_SIZE: '1',
      LOG_LEVEL: 'loud',
    },
    says: [
      'USER_URL is not an address like http://127.0.0.1:8001.',
      'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent.',
      'DATABASE_POOL_SIZE must be >= 2. How many connections a service keeps to its database at most.',
      `ORDER_DATABASE_URL ${mysql}`,
    ],
  },
  {
    args: ['up'],
    env: { ADMIN_EMAIL: 'the owner', ADMIN_PASSWORD: 'secret' },
    says: ['ADMIN_EMAIL is not an e-mail address.', 'ADMIN_PASSWORD must have 8 to 200 characters.'],
  },
  {
    args: ['up'],
    env: { KAKILIMA_DATA: '/dev/null/shop' },
    says: [
      "The folder /dev/null/shop cannot be written (ENOTDIR: not a directory, mkdir '/dev/null/shop'): let this account write there, or name another in KAKILIMA_DATA.",
    ],
  },
  {
    args: ['start', 'user'],
    env: { DATABASE_URL: 'postgres://127.0.0.1:1/shop', START_PATIENCE_SECONDS: '0' },
    says: ['The database shop cannot be reached: is PostgreSQL running, and is its address right?'],
  },
])('$args with $env is refused in plain words', async ({ args, env, says }) => {
  const { code, output } = await runCommand(args, { KAKILIMA_DATA: folder, ...env })
  expect(output.trim().split('\n').toSorted()).toEqual(says.toSorted())
  expect(code).toBe(1)
})

test('two services on one port are refused before anything is started', async () => {
  const { user, order, payment, gateway } = await freeAddresses()
  const urls = { INVENTORY_URL: user, ORDER_URL: order, PAYMENT_URL: payment, GATEWAY_URL: gateway }
  const { code, output } = await runCommand(['up'], { KAKILIMA_DATA: folder, USER_URL: user, ...urls })
  expect(output).toBe(`INVENTORY_URL and USER_URL name the same port ${new URL(user).port}: give each its own.\n`)
  expect(code).toBe(1)
})

test('a taken port is named before anything is started', async () => {
  const { inventory } = await freeAddresses()
  const holder = createServer().listen(Number(new URL(inventory).port), '127.0.0.1')
  await once(holder, 'listening')
  const { code, output } = await runCommand(['up'], { KAKILIMA_DATA: folder, INVENTORY_URL: inventory })
  holder.close()
  expect(output).toContain(`is taken: stop the program that uses it, or set INVENTORY_URL to another port.\n`)
  expect(code).toBe(1)
})

test('a file .env in the working folder is read, and the environment wins over it', async () => {
  await writeFile(join(folder, '.env'), 'LOG_LEVEL=loud\nDATABASE_POOL_SIZE=1\n')
  const { output } = await runCommand(['up'], { KAKILIMA_DATA: folder, DATABASE_POOL_SIZE: '10' }, folder)
  expect(output).toBe('LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent.\n')
})
