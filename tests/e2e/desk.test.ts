import { callerOf, waitFor } from '@kakilima/testkit/call'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newParkedOrder } from './parked-order.ts'
import { newGuest, newStaff, type Signed, signIn } from './people.ts'

let shop: Shop
let api: ReturnType<typeof callerOf>
let admin: Signed
let [staff, other, viewer]: Signed[] = []
let customer: { headers: Signed; id: number }

const range = (length: number) => Array.from({ length }, (_, index) => index)

beforeAll(async () => {
  const env = {
    ADMIN_EMAIL: 'admin@example.com',
    ADMIN_PASSWORD: 'kata sandi admin',
    PAYMENT_WINDOW_SECONDS: '0',
    RATE_LIMIT_ADDRESS: '10000',
  }
  shop = await startShop({ env })
  api = callerOf(shop.urls)
  admin = await signIn(api, env.ADMIN_EMAIL, env.ADMIN_PASSWORD)
  const signed: Signed[] = []
  for (const role of ['staff', 'staff', 'viewer'] as const) {
    const { email, password } = await newStaff(role, { KAKILIMA_DATA: shop.dataFolder })
    signed.push(await signIn(api, email, password))
  }
  ;[staff, other, viewer] = signed
  customer = await newGuest(api, 'Sari Wulandari')
})

afterAll(async () => {
  // Whatever the tests above did, the books must be right afterwards.
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  expect(audit.code, audit.output).toBe(0)
})

const get = (path: string, headers = viewer!) => api.get('gateway', `/api/v1${path}`, headers)

async function done(method: 'post' | 'put', path: string, body: unknown, headers: Signed): Promise<any> {
  const answer = await api[method]('gateway', `/api/v1${path}`, body, headers)
  expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300)
  return answer.body
}

async function newProduct(stock: number, name = 'Tas Ransel'): Promise<number> {
  return (await done('post', '/products', { name, price: 5000, stock }, admin)).id
}

/** An order of two units that awaits its payment. */
async function newOrder(product: number, buyer = customer): Promise<number> {
  const { order_id } = await done('post', '/orders', { items: [{ product_id: product, quantity: 2 }] }, buyer.headers)
  await waitFor(
    () => get(`/orders/${order_id}`),
    ({ body }) => body.status === 'awaiting_payment',
  )
  return order_id
}

async function pay(order: number, buyer = customer): Promise<number> {
  const { id } = await done('post', `/orders/${order}/payments`, { payment_method: 'QRIS' }, buyer.headers)
  await done('post', `/payments/${id}/confirm`, undefined, buyer.headers)
  return id
}

async function newPaidOrder(product: number): Promise<number> {
  const order = await newOrder(product)
  await pay(order)
  return order
}

/** A few at a time: a slow machine does not answer a hundred at once in the time that services give each other. */
async function newPaidOrders(product: number, count: number): Promise<number[]> {
  const orders: number[] = []
  while (orders.length < count) orders.push(...(await Promise.all(range(5).map(() => newPaidOrder(product)))))
  return orders
}

const outcomesOf = (results: { outcome: string }[]) => new Set(results.map((result) => result.outcome))

describe('confirming many orders', () => {
  test('two of the staff at once: the stock is taken once, and each answer is true', async () => {
    const product = await newProduct(200)
    const orders = await newPaidOrders(product, 50)
    const answers = await Promise.all(
      [staff!, other!, staff!, other!].map(async (who, index) => {
        const order_ids = index % 2 === 0 ? orders : orders.toReversed()
        const { results } = await done('post', '/orders/confirmations', { order_ids }, who)
        expect(results.map((result: any) => result.order_id)).toEqual(order_ids)
        return new Map<number, string>(results.map((result: any) => [result.order_id, result.outcome]))
      }),
    )
    for (const order of orders) {
      const told = answers.map((outcomes) => outcomes.get(order)!)
      expect(told.filter((outcome) => outcome === 'confirmed').length, told.join()).toBeLessThanOrEqual(1)
      for (const outcome of told) expect(['confirmed', 'already-confirmed', 'confirming']).toContain(outcome)
    }
    // One that was told to be confirming is finished by itself.
    const units = await waitFor(
      async () => (await api.get('inventory', `/products/${product}`)).body,
      ({ reserved }) => reserved === 0,
    )
    expect(units.stock).toBe(100)
    const again = await done('post', '/orders/confirmations', { order_ids: orders }, staff!)
    expect(outcomesOf(again.results)).toEqual(new Set(['already-confirmed']))
    expect((await api.get('inventory', `/products/${product}`)).body.stock).toBe(100)
  })

  test('a hundred orders of one product in one call', async () => {
    const product = await newProduct(200)
    const order_ids = await newPaidOrders(product, 100)
    const { results } = await done('post', '/orders/confirmations', { order_ids }, staff!)
    expect(results.map((result: any) => result.order_id)).toEqual(order_ids)
    // All together, or on a slow machine later and by themselves.
    expect(['confirmed', 'confirming'].map((outcome) => new Set([outcome]))).toContainEqual(outcomesOf(results))
    const left = await waitFor(
      async () => (await api.get('inventory', `/products/${product}`)).body,
      ({ reserved }) => reserved === 0,
    )
    expect(left.stock).toBe(0)
  })
})

describe('the list of orders', () => {
  test('finds them by their customer, by number and by status, and pages through them', async () => {
    const buyer = await newGuest(api, 'Budi Hartono')
    const product = await newProduct(20)
    const orders: number[] = []
    for (const _ of range(3)) orders.push(await newOrder(product, buyer))
    await pay(orders[0]!, buyer)
    const ids = async (query: string) => (await get(`/orders?${query}`)).body.map((order: any) => order.id)
    expect(await ids('search=harton')).toEqual(orders.toReversed())
    expect(await ids('search=harton&status=paid,confirming')).toEqual([orders[0]])
    expect(await ids('search=harton&sort=oldest')).toEqual(orders)
    expect(await ids(`search=${orders[1]}`)).toContain(orders[1])
    expect(await ids('search=nobody-of-this-name')).toEqual([])
    const first = await get('/orders?search=harton&sort=oldest&limit=2')
    const next = /<\/api\/v1([^>]+)>; rel="next"/.exec(first.headers.get('link')!)![1]!
    expect((await get(next)).body.map((order: any) => order.id)).toEqual([orders[2]])
    expect(first.body[0].customer).toEqual({ id: buyer.id, name: 'Budi Hartono', phone: '081234567890', email: null })
    expect((await get(`/orders/${orders[0]}`)).body.customer.name).toBe('Budi Hartono')
  })

  test('shows customers their own, and nothing that is for staff', async () => {
    const buyer = await newGuest(api, 'Dewi')
    const order = await newOrder(await newProduct(5), buyer)
    const { body } = await get('/orders?status=new&search=Sari&sort=created_at&user_id=1&after=x', buyer.headers)
    expect(body.map(({ id }: any) => id)).toEqual([order])
    expect(body[0]).not.toHaveProperty('customer')
    expect((await get(`/orders/${order}`, buyer.headers)).body).not.toHaveProperty('customer')
  })
})

test('an order tells what happened to it, who did it and what staff noted', async () => {
  const order = await newOrder(await newProduct(5))
  const payment = await pay(order)
  const note = await done('post', `/orders/${order}/notes`, { text: 'Calls back' }, staff!)
  const me = (await get('/me', staff)).body
  const author = { id: me.id, name: me.name }
  expect(note).toEqual({ id: note.id, order_id: order, author, text: 'Calls back', created_at: note.created_at })
  expect((await get(`/orders/${order}/notes`)).body).toEqual([note])
  await done('post', `/orders/${order}/cancellation`, {}, other!)
  await done('post', `/payments/${payment}/refund`, { reference: 'BCA 77' }, staff!)
  const { body: timeline } = await get(`/orders/${order}/timeline`)
  expect(timeline.map(({ type, actor }: any) => [type, actor?.id ?? null])).toEqual([
    ['order.placed', null],
    ['payment.opened', null],
    ['order.paid', null],
    ['payment.completed', null],
    ['note', me.id],
    ['order.canceled', (await get('/me', other)).body.id],
    ['payment.refund_due', null],
    ['payment.refunded', me.id],
  ])
  expect(timeline.at(-1).data).toEqual({
    payment_id: payment,
    payment_method: 'QRIS',
    amount: 10_000,
    reference: 'BCA 77',
  })
})

test('the summary counts what waits for staff', async () => {
  const before = (await get('/desk/summary')).body
  const product = await newProduct(20)
  await newOrder(product)
  const [paid, canceled] = [await newPaidOrder(product), await newPaidOrder(product)]
  await done('post', `/orders/${canceled}/cancellation`, {}, staff!)
  const parked = await newParkedOrder(shop.dataFolder, customer.id, product)
  const { body: after } = await get('/desk/summary')
  const more = Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]]))
  expect(more).toEqual({ paid: 1, confirming: 0, awaiting_payment: 1, refund_due: 1, parked: 1 })
  expect((await get('/parked-orders')).body).toContainEqual(
    expect.objectContaining({ order_id: parked, customer: expect.objectContaining({ name: 'Sari Wulandari' }) }),
  )
  await done('post', `/parked-orders/${parked}/replay`, {}, staff!)
  await waitFor(
    () => get(`/orders/${parked}`),
    ({ body }) => body.status === 'awaiting_payment',
  )
  await done('post', '/orders/confirmations', { order_ids: [paid] }, staff!)
  expect((await get('/desk/summary')).body).toMatchObject({ paid: before.paid, parked: before.parked })
})

test('orders are a file for programs for tables, and nothing in it is a formula', async () => {
  const buyer = await newGuest(api, '=HYPERLINK("http://evil.example")')
  const order = await newOrder(await newProduct(5, 'Tas, "besar"'), buyer)
  const answer = await fetch(`${shop.urls.gateway}/api/v1/orders/export?user_id=${buyer.id}`, { headers: viewer! })
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="orders.csv"')
  const text = Buffer.from(await answer.arrayBuffer()).toString()
  const [first, row, ...rest] = text.split('\r\n')
  expect(first).toMatch(/^\uFEFFid,status,placed_at,/)
  expect(row).toContain(`${order},awaiting_payment,`)
  expect(row).toContain(`,"'=HYPERLINK(""http://evil.example"")",081234567890,,"2 × Tas, ""besar""",2,10000,,`)
  expect(rest).toEqual([''])
  const refused = await get('/orders/export?status=gone')
  expect([refused.status, refused.body.error]).toEqual([422, refused.body.detail])
})

test('what was sold today stands in the report', async () => {
  const product = await newProduct(50, 'Kopi Laris')
  const query = '/reports/sales?days=2&time_zone=Asia/Jakarta'
  const { body: before } = await get(query)
  const order = await newPaidOrder(product)
  const { body: after } = await get(query)
  const sum = (report: any, count: string) => report.days.reduce((all: number, day: any) => all + day[count], 0)
  const more = (count: string) => sum(after, count) - sum(before, count)
  expect([more('placed'), more('paid'), more('revenue'), more('units')]).toEqual([1, 1, 10_000, 2])
  expect(after.days).toHaveLength(2)
  await done('post', `/orders/${order}/cancellation`, {}, staff!)
  expect(sum((await get(query)).body, 'revenue')).toBe(sum(before, 'revenue'))
})

test('an admin sets how long customers have to pay, and it counts for the next order', async () => {
  const product = await newProduct(10)
  const seconds = async () => {
    const { body } = await get(`/orders/${await newOrder(product)}`)
    return body.expires_at === null
      ? null
      : Math.round((Date.parse(body.expires_at) - Date.parse(body.created_at)) / 1000)
  }
  expect(await seconds()).toBeNull()
  const windows = await done('put', '/payment-windows', { standard_seconds: 36_000, methods: { QRIS: 72_000 } }, admin)
  expect((await get('/payment-windows')).body).toEqual(windows)
  expect(windows).toMatchObject({ standard_seconds: 36_000 })
  // From the reservation on, which comes a moment after the order was placed.
  expect(Math.abs((await seconds())! - 36_000)).toBeLessThan(3000)
  await done('put', '/payment-windows', { standard_seconds: null, methods: { QRIS: null } }, admin)
  expect(await seconds()).toBeNull()
})
