import { type Answer, waitFor } from '@kakilima/testkit/call'
import { prepareProcesses } from '@kakilima/testkit/processes'
import { queueEngines } from '@kakilima/testkit/redis-per-file'
import { startTcpProxy, type TcpProxy } from '@kakilima/testkit/tcp-proxy'
import { beforeAll, describe, expect, test } from 'vitest'

/** In the order in which they are started. */
const names = ['user', 'inventory', 'payment', 'order', 'catalog', 'gateway'] as const

describe.each(queueEngines)('F3 R4 with the queue on $engine', async ({ startEngine }) => {
  const { settings } = await startEngine()
  const shop = await prepareProcesses({ PAYMENT_WINDOW_SECONDS: '0', RATE_LIMIT_ORDERS: '1000000', ...settings })
  const proxies: TcpProxy[] = []
  const through = async (url: string) => {
    const proxy = await startTcpProxy(url)
    proxies.push(proxy)
    return proxy.url
  }
  // Each has lost its own way to its database.
  const addresses = {} as Record<(typeof names)[number], Record<string, string>>
  for (const name of names) {
    const url = await through(shop.databases[name === 'gateway' ? 'order' : name])
    addresses[name] = { [name === 'gateway' ? 'ORDER_DATABASE_URL' : 'DATABASE_URL']: url }
    if (settings.REDIS_URL !== undefined && (name === 'gateway' || name === 'order'))
      addresses[name].REDIS_URL = await through(settings.REDIS_URL)
  }
  let headers: Record<string, string>
  let productId: number

  const readiness = () =>
    Promise.all(names.map(async (name) => (await shop.api.get(name, '/readyz')).status)).then((all) => all.join())
  const everybodyAnswers = (status: number) => {
    const wanted = names.map(() => status).join()
    return waitFor(readiness, (all) => all === wanted)
  }

  beforeAll(async () => {
    for (const name of names) await shop.start(name, addresses[name])
    await everybodyAnswers(200)
    const { body: guest } = await shop.api.post('gateway', '/api/v1/auth/guest', {
      name: 'Sari',
      phone: '081234567890',
    })
    headers = { authorization: `Bearer ${guest.token}` }
    const product = await shop.api.post('inventory', '/products', { name: 'Kopi', price: 10_000, stock: 1_000_000 })
    productId = product.body.id
  })

  const place = (): Promise<Answer> =>
    shop.api.post('gateway', '/api/v1/orders', { items: [{ product_id: productId, quantity: 1 }] }, headers)

  test.each([
    {
      what: 'loses all connections there were, without a word',
      takeAway: (proxy: TcpProxy) => proxy.lose(),
    },
    {
      what: 'lies behind a network that swallows everything for a while',
      takeAway: (proxy: TcpProxy) => proxy.stall(),
      during: () => everybodyAnswers(503),
    },
  ])('a shop whose every database $what takes orders again by itself, and loses none', async ({ takeAway, during }) => {
    const answers: Answer[] = []
    let isOver = false
    const buying = Array.from({ length: 5 }, async () => {
      while (!isOver) answers.push(await place())
    })
    const countOf = (status: number) => async () => answers.filter((answer) => answer.status === status).length
    await waitFor(countOf(202), (count) => count >= 50)
    const refused = await countOf(503)()
    for (const proxy of proxies) takeAway(proxy)
    await waitFor(countOf(503), (count) => count > refused)
    await during?.()
    for (const proxy of proxies) proxy.mend()

    await everybodyAnswers(200)
    const accepted = await countOf(202)()
    await waitFor(countOf(202), (count) => count >= accepted + 50)
    isOver = true
    await Promise.all(buying)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 503]))
    for (const { body } of answers.filter(({ status }) => status === 202)) {
      const { status } = await waitFor(
        async () => (await shop.api.get('gateway', body.status_url, headers)).body,
        (order) => order.status !== 'queued' && order.status !== undefined,
      )
      expect(status).toBe('awaiting_payment')
    }
    const { code, output } = await shop.audit()
    expect(code, output).toBe(0)
  })
})
