import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Answer, callerOf, waitFor } from '@kakilima/testkit/call'
import { freeAddresses, runCommand, startShop, temporaryFolder } from '@kakilima/testkit/shop'
import { expect, test } from 'vitest'

const kills = 4
const buyers = 12

type Told = { key: string; orderId: number }

test(
  'R4 F4 a shop whose PostgreSQL is killed again and again goes on, and has every order that it accepted',
  { timeout: 600_000 },
  async () => {
    const dataFolder = await temporaryFolder()
    const urls = await freeAddresses()
    const shop = await startShop({
      dataFolder,
      urls,
      env: { PAYMENT_WINDOW_SECONDS: '0', RATE_LIMIT_ORDERS: '1000000' },
    })
    const api = callerOf(urls)
    const { body: guest } = await api.post('gateway', '/api/v1/auth/guest', { name: 'Sari', phone: '081234567890' })
    const headers = { authorization: `Bearer ${guest.token}` }
    const { body: product } = await api.post('inventory', '/products', {
      name: 'Kopi',
      price: 10_000,
      stock: 1_000_000,
    })
    const order = (key: string): Promise<Answer> =>
      api.post(
        'gateway',
        '/api/v1/orders',
        { items: [{ product_id: product.id, quantity: 1 }] },
        { ...headers, 'idempotency-key': key },
      )

    const told: Told[] = []
    let isOver = false
    const buying = Array.from({ length: buyers }, async (_, buyer) => {
      for (let n = 0; !isOver; n++) {
        const key = `${buyer} ${n}`
        const { status, body, headers: given } = await order(key)
        if (status === 202) told.push({ key, orderId: body.order_id })
        else expect([status, Number(given.get('retry-after')) > 0]).toEqual([503, true])
      }
    })
    for (let kill = 1; kill <= kills; kill++) {
      const before = told.length
      await waitFor(
        async () => told.length,
        (count) => count > before + 50,
      )
      const pidFile = await readFile(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8')
      process.kill(Number(pidFile.split('\n')[0]), 'SIGKILL')
      await waitFor(
        async () => shop.output().match(/PostgreSQL runs again/g)?.length ?? 0,
        (count) => count === kill,
        120_000,
      )
    }
    const before = told.length
    await waitFor(
      async () => told.length,
      (count) => count > before + 50,
    )
    isOver = true
    await Promise.all(buying)

    expect(new Set(told.map(({ orderId }) => orderId)).size, 'no order stands for two keys').toBe(told.length)
    for (const { key, orderId } of told.filter((_, index) => index % 20 === 0))
      expect((await order(key)).body.order_id).toBe(orderId)
    const { output, code } = await runCommand(['audit', '--settle-seconds', '60'], { KAKILIMA_DATA: dataFolder })
    expect(code, output).toBe(0)
    const missing = new Set(told.map(({ orderId }) => orderId))
    for (let page = '/orders?limit=1000&after=0'; page !== '';) {
      const { body, headers: given } = await api.get('order', page)
      for (const { id, status } of body) {
        expect(status).toBe('awaiting_payment')
        missing.delete(id)
      }
      page = /<([^>]*)>; rel="next"/.exec(given.get('link') ?? '')?.[1] ?? ''
    }
    expect([...missing]).toEqual([])
    expect(await shop.stop()).toBe(0)
    await rm(dataFolder, { recursive: true, force: true })
  },
)
