import { callerOf } from '@kakilima/testkit/call'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'

// Orders that inventory alone is asked about, as the order worker and the relay ask.
let nextId = 5_000_000_000
let shop: Shop
let api: ReturnType<typeof callerOf>

beforeAll(async () => {
  shop = await startShop()
  api = callerOf(shop.urls)
})

afterAll(async () => {
  const audit = await runCommand(['audit', '--settle-seconds', '0'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  // The order service knows none of these orders, which the auditor must say; units must be right all the same.
  expect(audit.output).toMatch(/I4: order 5000000000 has a decision/)
  expect(audit.output).not.toMatch(/I3.*WRONG/)
  expect(audit.code).toBe(1)
})

async function newProduct(stock: number): Promise<number> {
  const { body } = await api.post('inventory', '/products', { name: 'Tas Ransel', price: 150_000, stock })
  return body.id
}

async function productOf(id: number): Promise<{ stock: number; reserved: number }> {
  const { body } = await api.get('inventory', `/products/${id}`)
  return { stock: body.stock, reserved: body.reserved }
}

function ordersFor(product: number, count: number, quantity = 1) {
  return Array.from({ length: count }, () => ({ order_id: nextId++, lines: [{ product_id: product, quantity }] }))
}

test('an order that is released before it is decided stays released', async () => {
  const product = await newProduct(5)
  const [order] = ordersFor(product, 1)
  await api.post('inventory', '/reservations/releases', { order_ids: [order!.order_id] })
  const { body } = await api.post('inventory', '/reservations/decisions', { orders: [order] })
  expect(body.decisions).toMatchObject([{ order_id: order!.order_id, state: 'released' }])
  expect(await productOf(product)).toEqual({ stock: 5, reserved: 0 })
})

test('releasing and deciding at once leaves nothing reserved', async () => {
  const product = await newProduct(50)
  const orders = ordersFor(product, 20)
  await Promise.all(
    orders.flatMap((order) => [
      api.post('inventory', '/reservations/decisions', { orders: [order] }),
      api.post('inventory', '/reservations/releases', { order_ids: [order.order_id] }),
    ]),
  )
  expect(await productOf(product)).toEqual({ stock: 50, reserved: 0 })
})

test('the same batch decided many times at once is decided once', async () => {
  const product = await newProduct(30)
  const orders = ordersFor(product, 20, 2)
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => api.post('inventory', '/reservations/decisions', { orders })),
  )
  expect(answers.map((answer) => answer.status)).toEqual(Array(10).fill(200))
  for (const { body } of answers) expect(body).toEqual(answers[0]!.body)
  const states = answers[0]!.body.decisions.map((decision: any) => decision.state)
  expect(states.filter((state: string) => state === 'reserved')).toHaveLength(15)
  expect(await productOf(product)).toEqual({ stock: 30, reserved: 30 })
  await api.post('inventory', '/reservations/releases', { order_ids: orders.map((order) => order.order_id) })
  expect(await productOf(product)).toEqual({ stock: 30, reserved: 0 })
})
