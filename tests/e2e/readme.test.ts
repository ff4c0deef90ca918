import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { callerOf } from '@kakilima/testkit/call'
import { longestWaitMs } from '@kakilima/testkit/patience'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'

let shop: Shop

beforeAll(async () => {
  shop = await startShop({ demo: true })
})
afterAll(() => shop.stop())

test("the README's curl session does what the README says", async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const session = readme.split('<!-- curl session -->')[1]!.split('<!-- /curl session -->')[0]!
  const blocks = [...session.matchAll(/```bash\n(.*?)```/gs)].map((match) => match[1]!)
  expect(blocks.length).toBeGreaterThan(2)

  // Names of the session's own: the ids that it found are looked at from outside afterwards.
  const script = `set -eu\n${blocks.join('\n')}\necho\nset | grep -E '^[A-Z_]+=' `
  const run = spawnSync('bash', ['-c', script], {
    encoding: 'utf8',
    timeout: longestWaitMs,
    env: {
      PATH: process.env.PATH,
      USERS: shop.urls.user,
      INVENTORY: shop.urls.inventory,
      ORDERS: shop.urls.order,
      PAYMENTS: shop.urls.payment,
    },
  })
  expect(run.status, `${run.stdout}\n${run.stderr}`).toBe(0)

  const api = callerOf(shop.urls)
  const { body: products } = await api.get('inventory', '/products?search=Tas%20Ransel')
  expect(products[0]).toMatchObject({ name: 'Tas Ransel', price: 150_000, stock: 13, reserved: 0, available: 13 })
  const { body: users } = await api.get('user', '/users')
  expect(users).toHaveLength(1)
  const { body: orders } = await api.get('order', `/orders/user/${users[0].id}`)
  expect(orders).toMatchObject([
    { status: 'confirmed', confirmed: true, payment_status: true, quantity: 2, total_price: 300_000 },
    { status: 'expired', confirmed: false, payment_status: false },
    { status: 'rejected', reason: 'insufficient-stock' },
  ])
  // What the reader is told to see on the way.
  expect(run.stdout).toMatch(/"stock":15,"reserved":2/)
  expect(run.stdout).toMatch(/"payment_status":"COMPLETED"/)
  expect(run.stdout).toMatch(/"detail":"Payment expired"/)

  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  expect(audit.code, audit.output).toBe(0)
})
