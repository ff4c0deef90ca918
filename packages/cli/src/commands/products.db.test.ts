import { randomBytes } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { callerOf } from '@kakilima/testkit/call'
import { cloneDatabase } from '@kakilima/testkit/database-per-file'
import { freeAddresses, runCommand, startService, temporaryFolder } from '@kakilima/testkit/shop'
import { afterAll, expect, test } from 'vitest'

const folder = await temporaryFolder()
const urls = await freeAddresses()
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

const file = join(folder, 'products.csv')
const run = (args: string[], change: Record<string, string> = {}) =>
  runCommand(['products', ...args], { INVENTORY_URL: urls.inventory, SERVICE_TOKEN: token, ...change })
const products = async () =>
  (await callerOf(urls).get('inventory', '/products', { authorization: `Bearer ${token}` })).body

test('brings products in by a file, after a dry run that says what would happen', async () => {
  await writeFile(file, 'name,price,stock,warna\nKopi,18000,5,merah\nTeh,x,1,hijau\n')
  const dry = await run(['import', file, '--dry-run'])
  expect(dry.output).toContain('It would be: 2 rows, 1 products created, 0 changed, 0 as they were, 1 not taken.')
  expect(await products()).toEqual([])
  const { code, output } = await run(['import', file])
  expect(output).toContain('Line 3: price is no whole number')
  expect(output).toContain('These columns say nothing here: warna.')
  expect(code).toBe(1)
  expect(await products()).toMatchObject([{ name: 'Kopi', price: 18_000, stock: 5 }])
})

test('writes all products to a file that comes back without a change, or to whoever reads it', async () => {
  expect(await run(['export', file])).toMatchObject({ code: 0, output: `All products are in ${file}.\n` })
  const csv = await readFile(file, 'utf8')
  expect(csv).toContain(',Kopi,18000,5,')
  expect((await run(['export'])).output).toBe(csv)
  const { code, output } = await run(['import', file, '--set-stock'])
  expect([code, output]).toEqual([0, expect.stringContaining('0 changed, 1 as they were, 0 not taken')])
})

test.each([
  ['no action', []],
  ['another action', ['delete', file]],
  ['an import of nothing', ['import']],
  ['an export that is tried only', ['export', file, '--dry-run']],
  ['two files', ['import', file, file]],
])('%s is refused with what to say instead', async (_, args) => {
  expect(await run(args)).toMatchObject({ code: 1, output: expect.stringContaining('Say what to do') })
})

test('says where it looked when nobody is there', async () => {
  const { code, output } = await run(['export', file], { INVENTORY_URL: 'http://127.0.0.1:9' })
  expect([code, output]).toEqual([1, expect.stringContaining('does not answer at http://127.0.0.1:9')])
})
