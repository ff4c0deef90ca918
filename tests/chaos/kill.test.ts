import { type Caller, callerOf, waitFor } from '@kakilima/testkit/call'
import { freeAddresses, runCommand, type Shop, startShop, temporaryFolder } from '@kakilima/testkit/shop'
import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'

const kills = 4
const buyers = 24
const stockOfEach = 150

/** What a client was told, which must be true for ever after. */
type Told = { orderId: number; userId: number; productId: number; quantity: number; key: string; wasPaid: boolean }

// The short form of the promise: the process that runs everything dies at random moments while people buy, pay and confirm.
test('a shop that is killed again and again loses no order, doubles none and oversells nothing', async () => {
  const dataFolder = await temporaryFolder()
  const urls = await freeAddresses()
  const options = { dataFolder, urls, env: { PAYMENT_WINDOW_SECONDS: '3', PAYMENT_WINDOW_SECONDS_EWALLET: '0' } }
  let shop: Shop = await startShop(options)
  const api = callerOf(urls)
  const products: number[] = []
  for (let i = 0; i < 3; i++) {
    const { body } = await api.post('inventory', '/products', {
      name: `Kopi ${i}`,
      price: 10_000,
      stock: stockOfEach,
    })
    products.push(body.id)
  }

  let isOver = false
  const told: Told[] = []
  const buying = Array.from({ length: buyers }, (_, index) =>
    buyUntil(() => isOver, api, products, index).then((mine) => void told.push(...mine)),
  )
  for (let kill = 0; kill < kills; kill++) {
    // Killed at work, at a moment that differs from run to run.
    await new Promise((resolve) => setTimeout(resolve, 700 + Math.random() * 800))
    await shop.kill()
    shop = await startShop(options)
  }
  await new Promise((resolve) => setTimeout(resolve, 1000))
  isOver = true
  await Promise.all(buying)

  expect(told.length).toBeGreaterThan(buyers)
  expect(new Set(told.map((order) => order.orderId)).size, 'no order stands for two attempts').toBe(told.length)
  for (const { orderId, userId, productId, quantity, wasPaid } of told) {
    const { body: order } = await api.get('order', `/orders/${orderId}`)
    expect(order).toMatchObject({ user_id: userId, product_id: productId, quantity })
    if (wasPaid) expect(['paid', 'confirming', 'confirmed']).toContain(order.status)
  }
  // The same keys once more find the same orders.
  for (const { orderId, userId, productId, quantity, key } of told.slice(0, 20)) {
    const again = await api.post(
      'order',
      '/orders',
      { user_id: userId, product_id: productId, quantity },
      { 'idempotency-key': key },
    )
    expect(again.body.id ?? again.body.order_id).toBe(orderId)
  }
  // Everything settles by itself: nothing stays open, and the books are right.
  await waitFor(
    async () => (await api.get('order', '/orders')).body,
    (orders) =>
      orders.every(
        (order: any) =>
          !['queued', 'awaiting_payment', 'confirming'].includes(order.status) || order.expires_at === null,
      ),
  )
  const audit = await runCommand(['audit', '--settle-seconds', '30'], { KAKILIMA_DATA: dataFolder })
  expect(audit.code, audit.output).toBe(0)
  const { body: stocks } = await api.get('inventory', '/products')
  for (const product of stocks) expect(product.available).toBeGreaterThanOrEqual(0)
  await shop.stop()
  await rm(dataFolder, { recursive: true, force: true })
})

/** Buys as a patient person does: asks again with the same key until there is an answer, pays some orders, confirms some of those. */
async function buyUntil(isOver: () => boolean, api: Caller, products: number[], index: number): Promise<Told[]> {
  const told: Told[] = []
  const userId = (await insist(() => api.post('user', '/users', { name: `Pembeli ${index}`, phone: '081234567890' })))
    .body.id
  for (let round = 0; !isOver(); round++) {
    const productId = products[(index + round) % products.length]!
    const quantity = 1 + (round % 3)
    const key = `buyer ${index} round ${round}`
    const body = { user_id: userId, product_id: productId, quantity }
    const placed = await insist(() => api.post('order', '/orders', body, { 'idempotency-key': key }))
    if (placed.status === 409) {
      // Sold out for now: what others leave unpaid comes back.
      expect(placed.body.type).toBe('/problems/insufficient-stock')
      await new Promise((resolve) => setTimeout(resolve, 50))
      continue
    }
    expect(placed.status, JSON.stringify(placed.body)).toBe(201)
    const order: Told = { orderId: placed.body.id, userId, productId, quantity, key, wasPaid: false }
    told.push(order)
    if (round % 3 === 0) continue
    const payment = await insist(() =>
      api.post('payment', '/payments', { order_id: order.orderId, payment_method: 'EWALLET' }),
    )
    if (payment.status >= 400) continue
    const confirmed = await insist(() => api.post('payment', '/payments/confirm', { payment_id: payment.body.id }))
    order.wasPaid = confirmed.status === 200
    if (order.wasPaid && round % 3 === 1) await insist(() => api.put('order', `/orders/${order.orderId}/confirm`))
  }
  return told
}

/** Asks until something answers that is no 503. */
async function insist<T extends { status: number }>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      const answer = await ask()
      if (answer.status !== 503) return answer
      expect(answer.status).toBeLessThan(504)
    } catch (error) {
      // The shop is dead at the moment, as it was meant to be; anything but a broken connection is a failure.
      if (!(error instanceof TypeError)) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
