import { type Answer, callerOf, waitFor } from '@kakilima/testkit/call'
import { queueEngines } from '@kakilima/testkit/redis-per-file'
import { type HttpProxy, type ProxiedAnswer, startHttpProxy } from '@kakilima/testkit/http-proxy'
import { prepareProcesses } from '@kakilima/testkit/processes'
import { freeAddresses, type ServiceProcess } from '@kakilima/testkit/shop'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'

type Worker = { service: ServiceProcess; inventory: HttpProxy }

describe.each(queueEngines)('with the queue on $engine', async ({ startEngine }) => {
  // Two order workers on one database, each with a way of its own to inventory, so that a test sees which of them is at work. A third order
  // service answers requests, also while one of them is paused. Two gateways take orders.
  const { settings } = await startEngine()
  const shop = await prepareProcesses({ PAYMENT_WINDOW_SECONDS: '0', ...settings })
  let gateways: ((path: string, body: unknown, headers: Record<string, string>) => Promise<Answer>)[]
  const workers: Worker[] = []
  let headers: Record<string, string>
  let attempts = 0

  beforeAll(async () => {
    await Promise.all([shop.start('user'), shop.start('inventory'), shop.start('payment'), shop.start('gateway')])
    await shop.start('order', { ORDER_WORKER: 'false' })
    for (let count = 0; count < 2; count++) {
      const inventory = await startHttpProxy(shop.urls.inventory)
      workers.push({ service: await shop.startAnother('order', { INVENTORY_URL: inventory.url }), inventory })
    }
    const { body } = await waitFor(
      () => shop.api.post('gateway', '/api/v1/auth/guest', { name: 'Sari', phone: '081234567890' }),
      ({ status }) => status === 201,
    )
    headers = { authorization: `Bearer ${body.token}` }
    const { gateway } = await freeAddresses()
    await shop.startAnother('gateway', { PORT: new URL(gateway).port })
    const callers = [shop.api, callerOf({ ...shop.urls, gateway })]
    gateways = callers.map((api) => (path, order, signed) => api.post('gateway', path, order, signed))
    await waitFor(
      () => callers[1]!.get('gateway', '/readyz'),
      ({ status }) => status === 200,
    )
  })

  beforeEach(() => {
    for (const { inventory } of workers) inventory.handle = (_path, ask) => ask()
  })

  async function newProduct(stock: number): Promise<number> {
    const { body } = await shop.api.post('inventory', '/products', { name: 'Kopi', price: 10_000, stock })
    return body.id
  }

  async function placeOrders(productId: number, count: number): Promise<string[]> {
    const body = { items: [{ product_id: productId, quantity: 1 }] }
    const answers = await Promise.all(
      Array.from({ length: count }, () => {
        const attempt = ++attempts
        const keyed = { ...headers, 'idempotency-key': `attempt ${attempt}` }
        // A gateway on a machine that is busy may find its queue silent for a moment: the same attempt again, then.
        return waitFor(
          () => gateways[attempt % gateways.length]!('/api/v1/orders', body, keyed),
          ({ status }) => status !== 503,
        )
      }),
    )
    for (const { status } of answers) expect(status).toBe(202)
    return answers.map((answer) => answer.body.status_url)
  }

  /** How many of the orders ended how, once all are decided. */
  async function outcomes(orders: string[]): Promise<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const path of orders) {
      const { body } = await waitFor(
        () => shop.api.get('gateway', path, headers),
        (answer) => answer.body.status !== 'queued',
      )
      counts[body.status] = (counts[body.status] ?? 0) + 1
    }
    return counts
  }

  async function expectSold(productId: number, stock: number, reserved: number): Promise<void> {
    const { body } = await shop.api.get('inventory', `/products/${productId}`)
    expect(body).toMatchObject({ stock, reserved, available: stock - reserved })
    const { code, output } = await shop.audit()
    expect(code, output).toBe(0)
  }

  type Question = { asking: Worker; ask: () => Promise<ProxiedAnswer>; answer: (given: ProxiedAnswer) => void }

  /** Resolves with the next question that any worker asks of inventory, and leaves it unanswered until the test answers it. */
  function nextQuestion(): Promise<Question> {
    return new Promise((resolve) => {
      let isTaken = false
      for (const asking of workers) {
        asking.inventory.handle = (path, ask) => {
          if (isTaken || path !== '/reservations/decisions') return ask()
          isTaken = true
          return new Promise((answer) => resolve({ asking, ask, answer }))
        }
      }
    })
  }

  const other = (worker: Worker) => workers.find((one) => one !== worker)!

  test('two gateways and two workers on one hot product never oversell', async () => {
    const product = await newProduct(100)
    const orders = await placeOrders(product, 300)
    expect(await outcomes(orders)).toEqual({ awaiting_payment: 100, rejected: 200 })
    await expectSold(product, 100, 100)
  })

  // Longer than its lease: the condition that ends the pause is that the other has taken over and decided everything.
  test.each([
    ['before inventory has heard its question', false],
    ['after inventory has decided', true],
  ])(
    'a worker that is paused in the middle of a batch, %s, changes nothing of what the other did meanwhile',
    async (_, isDecidedBefore) => {
      const product = await newProduct(10)
      const asked = nextQuestion()
      const orders = await placeOrders(product, 30)
      const { asking, ask, answer } = await asked
      const early = isDecidedBefore ? await ask() : undefined
      asking.service.pause()
      try {
        // More come while it sleeps, and they are decided as well.
        orders.push(...(await placeOrders(product, 30)))
        expect(await outcomes(orders)).toEqual({ awaiting_payment: 10, rejected: 50 })
      } finally {
        asking.service.resume()
      }
      answer(early ?? (await ask()))
      // It goes on with what it had in hand, and it is there when the other one goes.
      other(asking).service.pause()
      try {
        expect(await outcomes(await placeOrders(product, 5))).toEqual({ rejected: 5 })
      } finally {
        other(asking).service.resume()
      }
      expect(await outcomes(orders)).toEqual({ awaiting_payment: 10, rejected: 50 })
      await expectSold(product, 10, 10)
    },
  )

  test('a question that comes after the order was set aside and rejected elsewhere takes no stock', async () => {
    const product = await newProduct(10)
    const asked = nextQuestion()
    const [order] = await placeOrders(product, 1)
    const { asking, ask, answer } = await asked
    asking.service.pause()
    // To the one that takes over, inventory only fails: the order is set aside, and staff reject it.
    other(asking).inventory.handle = async (path, pass) =>
      path === '/reservations/decisions' ? { status: 500, text: '{}' } : pass()
    try {
      await waitFor(
        () => shop.api.get('gateway', order!, headers),
        ({ body }) => body.delayed,
      )
      const parked = order!.replace('/api/v1/orders/', '/parked-orders/')
      expect((await shop.api.post('order', `${parked}/rejection`)).status).toBe(200)
    } finally {
      other(asking).inventory.handle = (_path, pass) => pass()
      asking.service.resume()
    }
    const late = await ask()
    expect(JSON.parse(late.text)).toMatchObject({ decisions: [{ state: 'released' }] })
    answer(late)
    expect(await outcomes(await placeOrders(product, 11))).toEqual({ awaiting_payment: 10, rejected: 1 })
    expect((await shop.api.get('gateway', order!, headers)).body).toMatchObject({
      status: 'rejected',
      reason: 'rejected-by-staff',
    })
    await expectSold(product, 10, 10)
  })
})
