import { randomInt } from 'node:crypto'
import { type Caller, waitFor } from '@kakilima/testkit/call'
import { prepareProcesses } from '@kakilima/testkit/processes'
import { canRunRedis, startRedis } from '@kakilima/testkit/redis-per-file'
import { describe, expect, test } from 'vitest'

const kills = 20
const buyers = 16
const stockOfEach = 300

/** What a client was told, which must be true for ever after. */
type Told = { orderId: number; statusUrl: string; key: string; body: object; headers: Record<string, string> }

// R6: the server of the queue dies at random moments while people order, and comes back with what is on its disk.
describe.skipIf(!canRunRedis)('a Redis', () => {
  test('that is killed twenty times under load loses no order that was acknowledged and doubles none', async () => {
    const redis = await startRedis()
    const shop = await prepareProcesses({
      REDIS_URL: redis.url,
      PAYMENT_WINDOW_SECONDS: '0',
      RATE_LIMIT_ORDERS: '100000',
    })
    const { api } = shop
    await Promise.all((['user', 'inventory', 'payment', 'order', 'gateway'] as const).map((name) => shop.start(name)))
    await waitFor(
      () => api.get('gateway', '/readyz'),
      ({ status }) => status === 200,
    )
    const products: number[] = []
    for (const name of ['Kopi', 'Teh']) {
      const { body } = await api.post('inventory', '/products', { name, price: 10_000, stock: stockOfEach })
      products.push(body.id)
    }

    let isOver = false
    const told: Told[] = []
    const buying = Array.from({ length: buyers }, (_, index) => buy(api, products, index, told, () => isOver))
    for (let kill = 0; kill < kills; kill++) {
      const before = told.length
      // At work each time: since the last kill orders were taken.
      await waitFor(
        async () => told.length,
        (count) => count > before + randomInt(1, 30),
      )
      await redis.kill()
      await redis.restart()
    }
    isOver = true
    await Promise.all(buying)

    expect(told.length).toBeGreaterThan(kills)
    expect(new Set(told.map(({ orderId }) => orderId)).size, 'no order stands for two attempts').toBe(told.length)
    const reserved = new Map<number, number>()
    for (const { statusUrl, headers } of told) {
      const { body: order } = await waitFor(
        () => api.get('gateway', statusUrl, headers),
        ({ status, body }) => {
          expect([200, 503], 'never 404 after the 202').toContain(status)
          return status === 200 && body.status !== 'queued'
        },
      )
      if (order.status === 'rejected') continue
      expect(order.status).toBe('awaiting_payment')
      for (const line of order.lines)
        reserved.set(line.product_id, (reserved.get(line.product_id) ?? 0) + line.quantity)
    }
    // The same keys once more find the same orders.
    for (const { orderId, body, key, headers } of told.slice(0, 50)) {
      const again = await api.post('gateway', '/api/v1/orders', body, { ...headers, 'idempotency-key': key })
      expect(again).toMatchObject({ status: 202, body: { order_id: orderId } })
    }
    for (const id of products) {
      const { body } = await api.get('inventory', `/products/${id}`)
      expect(body.reserved).toBeLessThanOrEqual(stockOfEach)
      // Every buyer asked until there was an answer, so nobody holds an order that nobody knows of.
      expect(body.reserved).toBe(reserved.get(id) ?? 0)
    }
    const { code, output } = await shop.audit()
    expect(code, output).toBe(0)
  })
})

/** Orders as a patient person does: asks again with the same key until there is an answer. */
async function buy(api: Caller, products: number[], index: number, told: Told[], isOver: () => boolean): Promise<void> {
  const guest = await insist(() =>
    api.post('gateway', '/api/v1/auth/guest', { name: `Pembeli ${index}`, phone: '081234567890' }),
  )
  const headers = { authorization: `Bearer ${guest.body.token}` }
  for (let round = 0; !isOver(); round++) {
    const key = `buyer ${index} round ${round}`
    const body = { items: [{ product_id: products[(index + round) % products.length], quantity: 1 + (round % 2) }] }
    const placed = await insist(() =>
      api.post('gateway', '/api/v1/orders', body, { ...headers, 'idempotency-key': key }),
    )
    expect(placed.status, JSON.stringify(placed.body)).toBe(202)
    told.push({ orderId: placed.body.order_id, statusUrl: placed.body.status_url, key, body, headers })
  }
}

/** Asks until something answers that is no 503. */
async function insist<T extends { status: number; headers: Headers }>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer.status !== 503) return answer
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
