import { waitFor } from '@kakilima/testkit/call'
import { openTestDatabase } from '@kakilima/testkit/database-per-file'
import { holdLock, lockRows } from '@kakilima/testkit/hold-lock'
import { startHttpProxy } from '@kakilima/testkit/http-proxy'
import { prepareProcesses } from '@kakilima/testkit/processes'
import { beforeAll, expect, test } from 'vitest'

const shop = await prepareProcesses({ PAYMENT_WINDOW_SECONDS: '0' })
const inventory = await startHttpProxy(shop.urls.inventory)
let headers: Record<string, string>

beforeAll(async () => {
  await Promise.all([shop.start('user'), shop.start('inventory'), shop.start('payment'), shop.start('gateway')])
  const { body } = await waitFor(
    () => shop.api.post('gateway', '/api/v1/auth/guest', { name: 'Sari', phone: '081234567890' }),
    ({ status }) => status === 201,
  )
  headers = { authorization: `Bearer ${body.token}` }
})

const decisions = '/reservations/decisions'

test('orders that make inventory fail, hang or talk nonsense are set aside, the others are decided before, and staff bring them back', async () => {
  const product = await shop.api.post('inventory', '/products', { name: 'Kopi', price: 10_000, stock: 1000 })
  const items = [{ product_id: product.body.id, quantity: 1 }]
  const placed = await Promise.all(
    Array.from({ length: 100 }, () => shop.api.post('gateway', '/api/v1/orders', { items }, headers)),
  )
  const ids: number[] = placed.map(({ body }) => body.order_id).toSorted((a, b) => a - b)
  const [failing, hanging, nonsense] = [ids[11]!, ids[48]!, ids[87]!]
  const poison = [failing, hanging, nonsense]

  let [triesOfHanging, statusOf] = [0, new Map<number, string>()]
  const look = async () => {
    const { status, body } = await shop.api.get('gateway', '/api/v1/orders?limit=100', headers)
    // The order service has hardly begun to listen, or has no time to answer: then nothing is known anew.
    if (status !== 200) return statusOf
    statusOf = new Map(body.map((order: any) => [order.id, order.delayed ? 'delayed' : order.status]))
    return statusOf
  }
  inventory.handle = async (path, ask, body) => {
    if (path !== decisions) return ask()
    const asked = new Set<number>(JSON.parse(body).orders.map((order: any) => order.order_id))
    if (asked.has(hanging) && asked.size === 1) triesOfHanging++
    if (asked.has(hanging)) return new Promise(() => undefined)
    if (asked.has(failing)) return { status: 500, text: '{}' }
    if (asked.has(nonsense)) return { status: 200, text: '{"decisions": "soon"}' }
    return ask()
  }
  await shop.start('order', { INVENTORY_URL: inventory.url })

  // All neighbours are decided while the one that hangs is still being tried.
  await waitFor(look, (now) => ids.every((id) => poison.includes(id) || now.get(id) === 'awaiting_payment'))
  expect(statusOf.get(hanging)).toBe('queued')
  await waitFor(look, (now) => poison.every((id) => now.get(id) === 'delayed'))
  expect(triesOfHanging).toBe(5)
  const { body: parked } = await shop.api.get('order', '/parked-orders')
  expect(new Set(parked.map((order: any) => order.order_id))).toEqual(new Set(poison))

  inventory.handle = (_path, ask) => ask()
  for (const id of poison) expect((await shop.api.post('order', `/parked-orders/${id}/replay`)).status).toBe(200)
  await waitFor(look, (now) => ids.every((id) => now.get(id) === 'awaiting_payment'))
  const { body: sold } = await shop.api.get('inventory', `/products/${product.body.id}`)
  expect(sold).toMatchObject({ stock: 1000, reserved: 100 })
  const { code, output } = await shop.audit()
  expect(code, output).toBe(0)
})

test('orders of a product that somebody holds on to in the database wait for it, and are not set aside', async () => {
  const product = await shop.api.post('inventory', '/products', { name: 'Teh', price: 5000, stock: 10 })
  const stockroom = await openTestDatabase<any>(shop.databases.inventory)
  const products = await holdLock(stockroom, (tx) => lockRows(tx, 'products'))
  const answers: number[] = []
  inventory.handle = async (path, ask) => {
    const answer = await ask()
    if (path === decisions) answers.push(answer.status)
    return answer
  }
  const items = [{ product_id: product.body.id, quantity: 1 }]
  const { body: placed } = await shop.api.post('gateway', '/api/v1/orders', { items }, headers)
  // Answered before the worker loses its patience: it is told that nobody's order is to blame.
  await waitFor(
    async () => answers,
    ({ length }) => length >= 2,
  )
  await products.release()
  await waitFor(
    () => shop.api.get('gateway', placed.status_url, headers),
    ({ body }) => body.status === 'awaiting_payment',
  )
  expect(answers.slice(0, 2)).toEqual([503, 503])
  expect((await shop.api.get('order', '/parked-orders')).body).toEqual([])
})
