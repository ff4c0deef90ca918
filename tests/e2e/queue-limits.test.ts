import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, waitFor } from '@kakilima/testkit/call'
import { openTestDatabase } from '@kakilima/testkit/database-per-file'
import { prepareProcesses } from '@kakilima/testkit/processes'
import { queueEngines } from '@kakilima/testkit/redis-per-file'
import { startTcpProxy } from '@kakilima/testkit/tcp-proxy'
import { sql } from 'kysely'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'

const limit = 20

describe.each(queueEngines)('with the queue on $engine', async ({ engine, startEngine }) => {
  const { settings } = await startEngine()
  const shop = await prepareProcesses({ PAYMENT_WINDOW_SECONDS: '0', QUEUE_LIMIT_ORDERS: String(limit), ...settings })
  // What happens between the gateway and where the queue is happens to the gateway alone.
  const server = await startTcpProxy(settings.REDIS_URL ?? shop.databases.order)
  let headers: Record<string, string>
  let productId: number

  beforeAll(async () => {
    await Promise.all([shop.start('user'), shop.start('inventory'), shop.start('payment'), shop.start('order')])
    await shop.start('gateway', {
      [engine === 'Redis' ? 'REDIS_URL' : 'ORDER_DATABASE_URL']: server.url,
      // One customer buys as fast as can be refused.
      RATE_LIMIT_ORDERS: '1000000',
    })
  })

  beforeEach(async () => {
    const { body: guest } = await waitFor(
      () => shop.api.post('gateway', '/api/v1/auth/guest', { name: 'Sari', phone: '081234567890' }),
      ({ status }) => status === 201,
    )
    headers = { authorization: `Bearer ${guest.token}` }
    const product = await shop.api.post('inventory', '/products', { name: 'Kopi', price: 10_000, stock: 100_000 })
    productId = product.body.id
  })

  const place = (): Promise<Answer> =>
    shop.api.post('gateway', '/api/v1/orders', { items: [{ product_id: productId, quantity: 1 }] }, headers)

  /** Places orders one after the other until the answer is the one that is waited for. Returns all answers. */
  async function placeUntil(isIt: (answer: Answer) => boolean): Promise<Answer[]> {
    const answers: Answer[] = []
    await waitFor(async () => {
      const answer = await place()
      answers.push(answer)
      return answer
    }, isIt)
    return answers
  }

  function expectRefusal({ status, headers: given, body }: Answer, ...types: string[]): void {
    expect(status, JSON.stringify(body)).toBe(503)
    expect(types.map((type) => `/problems/${type}`)).toContain(body.type)
    expect(Number(given.get('retry-after'))).toBeGreaterThan(0)
    expect(body.error).toEqual(expect.any(String))
  }

  /** What was accepted is decided, and is among what is there. Returns the ids of all that is there. */
  async function expectDecided(accepted: Answer[]): Promise<number[]> {
    for (const { body } of accepted) {
      const { body: order } = await waitFor(
        () => shop.api.get('gateway', body.status_url, headers),
        (answer) => {
          expect(answer.status, 'never 404 after the 202').toBe(200)
          return answer.body.status !== 'queued'
        },
      )
      expect(order.status).toBe('awaiting_payment')
    }
    const { body: all } = await shop.api.get('gateway', '/api/v1/orders?limit=1000', headers)
    const ids: number[] = all.map((order: any) => order.id)
    expect(ids).toEqual(expect.arrayContaining(accepted.map(({ body }) => body.order_id)))
    const { code, output } = await shop.audit()
    expect(code, output).toBe(0)
    return ids
  }

  const isAccepted = ({ status }: Answer) => status === 202
  const isRefused = ({ status }: Answer) => status === 503

  test('R12 F1 double taps and positions that were drawn for nothing refuse no order and leave none that waits', async () => {
    const db = await openTestDatabase<any>(shop.databases.order)
    const body = { items: [{ product_id: productId, quantity: 1 }] }
    const tap = (key: string) =>
      shop.api.post('gateway', '/api/v1/orders', body, { ...headers, 'idempotency-key': key })
    const doubleTap = async (key: string, pauseMs: number) => {
      const [one, other] = await Promise.all([tap(key), sleep(pauseMs).then(() => tap(key))])
      for (const { status, body: told } of [one, other]) expect(status, JSON.stringify(told)).toBe(202)
      expect(other.body).toEqual(one.body)
      return one
    }
    const accepted: Answer[] = []
    for (let round = 0; round < 20; round++) {
      // As many as a crash or a failed write may burn.
      await sql`select nextval('new_orders_positions') from generate_series(1, ${2 * limit}::int)`.execute(db)
      const taps = Array.from({ length: limit / 4 }, (_, n) => doubleTap(`tap ${round} ${n}`, (round + 5 * n) % 21))
      accepted.push(...(await Promise.all(taps)))
    }
    expect(await expectDecided(accepted)).toHaveLength(accepted.length)
  })

  describe('a full queue', () => {
    async function restartWithoutWorker(): Promise<void> {
      await shop.kill('order')
      await shop.start('order', { ORDER_WORKER: 'false' })
    }

    test.each([
      { what: 'no worker runs', takeAway: restartWithoutWorker, bringBack: () => shop.killAndRestart('order') },
      {
        what: 'inventory is away',
        takeAway: () => shop.kill('inventory'),
        bringBack: () => shop.start('inventory'),
      },
    ])('while $what refuses orders until it has drained', async ({ takeAway, bringBack }) => {
      await takeAway()
      const answers = await placeUntil(isRefused)
      expectRefusal(answers.at(-1)!, 'queue-unavailable')
      const accepted = answers.slice(0, -1)
      expect(accepted.every(isAccepted)).toBe(true)
      expect(accepted.length).toBeGreaterThanOrEqual(limit)
      await bringBack()
      const afterwards = await placeUntil(isAccepted)
      for (const refused of afterwards.slice(0, -1)) expectRefusal(refused, 'queue-unavailable')
      accepted.push(afterwards.at(-1)!)
      expect(await expectDecided(accepted)).toHaveLength(accepted.length)
    })
  })

  describe('a server of the queue', () => {
    test.each([
      { what: 'is away', takeAway: () => server.cut() },
      { what: 'says nothing', takeAway: () => server.stall() },
    ])(
      'that $what costs no order that was accepted, and orders are taken again when it is back',
      async ({ takeAway }) => {
        const answers: Answer[] = []
        let isOver = false
        const buying = Array.from({ length: 5 }, async () => {
          while (!isOver) answers.push(await place())
        })
        await waitFor(
          async () => answers.filter(isAccepted).length,
          (count) => count >= 50,
        )
        takeAway()
        await placeUntil(isRefused)
        // Once it is known, nobody waits: many are refused while a single answer would have to be waited for.
        const refused = await Promise.all(Array.from({ length: 50 }, place))
        for (const answer of refused) expectRefusal(answer, 'queue-unavailable', 'database-unavailable')
        expect((await shop.api.get('gateway', '/livez')).status).toBe(200)
        server.mend()
        const accepted = (await placeUntil(isAccepted)).filter(isAccepted)
        isOver = true
        await Promise.all(buying)
        for (const answer of answers.filter((one) => !isAccepted(one)))
          expectRefusal(answer, 'queue-unavailable', 'database-unavailable')
        await expectDecided([...answers.filter(isAccepted), ...accepted])
      },
    )
  })
})
