import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { inventoryClient } from '@kakilima/contracts/clients'
import type { OrderToDecide } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import { createNeighbor } from '@kakilima/kit/http-client'
import { openQueue } from '@kakilima/queue/open-queue'
import type { Queue, TakenOrder } from '@kakilima/queue/queue'
import { silentLogger } from '@kakilima/testkit/app'
import { eventsOf } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type FakeInventory, fakeInventory } from '@kakilima/testkit/fake-inventory'
import { unanswered, unreachable } from '@kakilima/testkit/fake-neighbors'
import { queueEngines } from '@kakilima/testkit/redis-per-file'
import { sql } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OrderTables } from '../database.ts'
import { decideOrders } from './decide-orders.ts'
import { rejectParkedOrder, replayParkedOrder } from './parked-orders.ts'
import { startOrderWorker } from './worker.ts'

const db = await testDatabase<OrderTables>('order', 20)
const logger = silentLogger()
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)
const ids = (orders: { order_id: number }[]) => orders.map((order) => order.order_id)

describe.each(queueEngines)('over $engine', async ({ startEngine }) => {
  const { settings, redis } = await startEngine()
  let queue: Queue
  let inventory: FakeInventory

  const open = () => openQueue({ db, redisUrl: settings.REDIS_URL, name: 'test', logger })

  beforeEach(async () => {
    await sql`truncate orders, outbox, new_orders, parked_orders`.execute(db)
    await sql`
    update new_orders_progress
    set position = nextval('new_orders_positions'), leased_by = null, leased_until = '-infinity'`.execute(db)
    await redis?.clear()
    queue = await open()
    inventory = fakeInventory()
  })

  afterEach(() => queue.close())

  const decide = (orders: TakenOrder[]) => decideOrders({ db, queue, inventory, logger, windowSeconds: 10 }, orders)

  async function append(count: number): Promise<number[]> {
    const appended: number[] = []
    for (const quantity of range(count)) {
      appended.push(await queue.append({ userId: 7, lines: [{ product_id: 1, quantity }], idempotencyKey: null }))
    }
    return appended
  }

  async function statuses(): Promise<Map<number, string>> {
    const rows = await db.selectFrom('orders').select(['id', 'status']).orderBy('id').execute()
    return new Map(rows.map(({ id, status }) => [id, status]))
  }

  /** What a worker would get that starts now. */
  async function leftInQueue(): Promise<number[]> {
    await queue.close()
    queue = await open()
    return ids(await queue.take(1000))
  }

  /** Lets inventory fail whenever it is asked about this order. */
  function poison(orderId: number): void {
    inventory.refuse = ({ verb, ids: asked }) => {
      if (verb === 'decide' && asked.includes(orderId)) throw problem('neighbor-failed', 'The inventory service failed')
    }
  }

  describe('a batch', () => {
    test('is decided with one question, written and acknowledged', async () => {
      const appended = await append(20)
      await decide(await queue.take(100))
      expect(inventory.calls).toEqual([{ verb: 'decide', ids: appended }])
      expect(await statuses()).toEqual(new Map(appended.map((id) => [id, 'awaiting_payment'])))
      for (const id of appended) expect(await eventsOf(db, id)).toEqual(['order.placed 1'])
      expect(await leftInQueue()).toEqual([])
    })

    test('that two workers decide at once becomes one order and one event each', async () => {
      const appended = await append(20)
      const taken = await queue.take(100)
      await Promise.all([decide(taken), decide(taken), decide(taken.toReversed())])
      expect([...(await statuses()).keys()]).toEqual(appended)
      for (const id of appended) expect(await eventsOf(db, id)).toEqual(['order.placed 1'])
    })

    test('whose outcome was not acknowledged before a crash is decided again without harm', async () => {
      const [first] = await append(3)
      const dies = async () => {
        throw new Error('killed')
      }
      const dying = { db, queue: { ...queue, acknowledge: dies, park: dies }, inventory, logger, windowSeconds: 10 }
      await expect(decideOrders(dying, await queue.take(100))).rejects.toThrow('killed')
      await db.updateTable('orders').set({ status: 'canceled', version: 2 }).where('id', '=', first!).execute()
      expect(await leftInQueue()).toHaveLength(3)
      await queue.close()
      queue = await open()
      await decide(await queue.take(100))
      expect((await statuses()).get(first!)).toBe('canceled')
      expect(await eventsOf(db, first!)).toEqual(['order.placed 1'])
    })

    test('holds rejected orders with what was missing', async () => {
      const [yes, no] = await append(2)
      const shortages = [{ product_id: 1, requested: 2, available: 1 }]
      const lines = [{ product_id: 1, name: 'Kopi', unit_price: 500, quantity: 2 }]
      inventory.decisions.set(no!, { order_id: no!, state: 'rejected', reason: 'insufficient-stock', lines, shortages })
      await decide(await queue.take(100))
      expect(await statuses()).toEqual(
        new Map([
          [yes!, 'awaiting_payment'],
          [no!, 'rejected'],
        ]),
      )
      const row = await db.selectFrom('orders').selectAll().where('id', '=', no!).executeTakeFirst()
      expect(row).toMatchObject({ reason: 'insufficient-stock', shortages, lines })
    })

    test('an order in it that was released before it was decided is rejected with its own lines', async () => {
      const [id] = await append(1)
      await inventory.release([id!])
      await decide(await queue.take(100))
      const row = await db.selectFrom('orders').selectAll().where('id', '=', id!).executeTakeFirst()
      expect(row).toMatchObject({
        status: 'rejected',
        reason: 'rejected-by-staff',
        lines: [{ product_id: 1, quantity: 1, name: '', unit_price: 0 }],
      })
      expect(await eventsOf(db, id!)).toEqual(['order.rejected 1'])
    })
  })

  describe('a poison order', () => {
    test.each([0, 7, 19])('at place %i of twenty is set aside alone, and its neighbours are decided', async (place) => {
      const appended = await append(20)
      const bad = appended[place]!
      poison(bad)
      await decide(await queue.take(100))
      expect(await queue.parked()).toMatchObject([{ order_id: bad, reason: 'The inventory service failed' }])
      const good = appended.filter((id) => id !== bad)
      expect(await statuses()).toEqual(new Map(good.map((id) => [id, 'awaiting_payment'])))
      for (const id of good) expect(await eventsOf(db, id)).toEqual(['order.placed 1'])
      expect(await leftInQueue()).toEqual([])
    })

    test('is tried alone five times and no more', async () => {
      const [, bad] = await append(2)
      let tries = 0
      inventory.refuse = ({ ids: asked }) => {
        if (!asked.includes(bad!)) return
        if (asked.length === 1) tries++
        throw new Error('a bug of ours')
      }
      await decide(await queue.take(100))
      expect(tries).toBe(5)
    })

    test('that succeeds at its fourth try alone is not set aside', async () => {
      const [id] = await append(1)
      let tries = 0
      inventory.refuse = () => {
        if (++tries < 4) throw new Error('now and then')
      }
      await decide(await queue.take(100))
      expect(await queue.parked()).toEqual([])
      expect((await statuses()).get(id!)).toBe('awaiting_payment')
    })

    test('whose decision cannot be stored is set aside, too', async () => {
      const appended = await append(10)
      const bad = appended[4]!
      inventory.decisions.set(bad, { order_id: bad, state: 'rejected', reason: null, lines: [], shortages: [] })
      await decide(await queue.take(100))
      expect(ids(await queue.parked())).toEqual([bad])
      expect((await statuses()).size).toBe(9)
    })

    test('that makes inventory hang is set aside after five tries alone, and its neighbours do not wait for that', async () => {
      const appended = await append(120)
      const bad = appended[57]!
      let [asked, inTheWay] = [0, 0]
      inventory.refuse = ({ ids: orders }) => {
        if (!orders.includes(bad)) return
        if (orders.length > 1) inTheWay++
        else if (++asked > 1) expect(inventory.decisions.size).toBe(119)
        throw unanswered('inventory')
      }
      await decide(await queue.take(200))
      expect(await queue.parked()).toMatchObject([
        { order_id: bad, reason: 'The inventory service does not answer in time' },
      ])
      // Each costs the whole time that a question may take.
      expect([asked, inTheWay]).toEqual([5, 3])
      expect((await statuses()).size).toBe(119)
      expect(await leftInQueue()).toEqual([])
    })

    test('that hangs is found by the limit of the call itself', async () => {
      const appended = await append(3)
      const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const reply = (body: unknown) => response.writeHead(200).end(JSON.stringify(body))
        if (request.url === '/readyz') return void reply({ status: 'ready' })
        const { orders } = JSON.parse(await text(request)) as { orders: OrderToDecide[] }
        if (ids(orders).includes(appended[1]!)) return
        reply({ decisions: await inventory.decide(orders) })
      }
      const neighbor = createNeighbor({ name: 'inventory', url, token: undefined, timeoutMs: 100 })
      try {
        const overHttp = inventoryClient(neighbor.call)
        await decideOrders({ db, queue, inventory: overHttp, logger, windowSeconds: 10 }, await queue.take(100))
      } finally {
        server.close()
        server.closeAllConnections()
        await neighbor.close()
      }
      expect(ids(await queue.parked())).toEqual([appended[1]])
      expect([...(await statuses()).keys()]).toEqual([appended[0], appended[2]])
    })

    test('two of them in one batch are both set aside', async () => {
      const appended = await append(16)
      const bad = [appended[3]!, appended[4]!]
      inventory.refuse = ({ ids: asked }) => {
        if (asked.some((id) => bad.includes(id))) throw new Error('a bug of ours')
      }
      await decide(await queue.take(100))
      expect(new Set(ids(await queue.parked()))).toEqual(new Set(bad))
      expect((await statuses()).size).toBe(14)
    })

    test('an answer that misses an order is never taken for that of another', async () => {
      const appended = await append(4)
      const answer = inventory.decide
      inventory.decide = async (orders) =>
        (await answer(orders)).filter((decision) => decision.order_id !== appended[1])
      await decide(await queue.take(100))
      expect(ids(await queue.parked())).toEqual([appended[1]])
      const rows = await db.selectFrom('orders').select(['id', 'quantity']).orderBy('id').execute()
      expect(rows).toEqual([1, 3, 4].map((quantity) => ({ id: appended[quantity - 1], quantity })))
    })
  })

  describe('an outage', () => {
    test.each([
      ['inventory is away', unreachable('inventory')],
      ['the token is wrong', problem('unauthorized')],
    ])('where %s is nobody’s fault: it is thrown, and nothing is set aside', async (_, failure) => {
      const appended = await append(5)
      inventory.refuse = () => {
        throw failure
      }
      await expect(decide(await queue.take(100))).rejects.toBe(failure)
      expect(await queue.parked()).toEqual([])
      expect((await statuses()).size).toBe(0)
      expect(await leftInQueue()).toEqual(appended)
    })

    test('of an inventory that answers nothing at all is no fault of the orders that it was asked about', async () => {
      const appended = await append(5)
      inventory.refuse = () => {
        throw unanswered('inventory')
      }
      const taken = await queue.take(100)
      for (let round = 0; round < 7; round++) await expect(decide(taken)).rejects.toThrow('does not answer in time')
      expect(await queue.parked()).toEqual([])
      expect(await leftInQueue()).toEqual(appended)
    })

    test('that begins while an order that hangs is tried alone sets nothing aside', async () => {
      const [, bad] = await append(3)
      let tries = 0
      inventory.refuse = ({ verb, ids: asked }) => {
        if (asked.includes(bad!) && asked.length === 1) tries++
        if (asked.includes(bad!) || (tries >= 5 && verb === 'ready')) throw unanswered('inventory')
      }
      await expect(decide(await queue.take(100))).rejects.toThrow('does not answer in time')
      expect(tries).toBe(5)
      expect(await queue.parked()).toEqual([])
      expect(await leftInQueue()).toContain(bad)
    })

    test.each(redis === undefined ? [] : [redis])(
      'of the queue’s own server sets nothing aside, and nothing is decided twice',
      async (server) => {
        const appended = await append(5)
        const taken = await queue.take(100)
        await server.kill()
        for (let round = 0; round < 7; round++)
          await expect(decide(taken)).rejects.toMatchObject({ type: 'queue-unavailable' })
        await server.restart()
        await eventually(() => decide(taken))
        expect([...(await statuses()).keys()]).toEqual(appended)
        for (const id of appended) expect(await eventsOf(db, id)).toEqual(['order.placed 1'])
        expect(await queue.parked()).toEqual([])
        expect(await leftInQueue()).toEqual([])
      },
    )

    test('that comes while a poison order is being looked for costs nothing but time', async () => {
      const appended = await append(12)
      const taken = await queue.take(100)
      let calls = 0
      inventory.refuse = ({ ids: asked }) => {
        if (++calls === 5) throw unreachable('inventory')
        if (asked.includes(appended[8]!)) throw new Error('a bug of ours')
      }
      await expect(decide(taken)).rejects.toMatchObject({ type: 'neighbor-unavailable' })
      await decide(taken)
      expect(ids(await queue.parked())).toEqual([appended[8]])
      expect((await statuses()).size).toBe(11)
      for (const id of (await statuses()).keys()) expect(await eventsOf(db, id)).toEqual(['order.placed 1'])
      expect(await leftInQueue()).toEqual([])
    })

    test('ends, and the worker goes on with the same orders and then with those that came meanwhile', async () => {
      let isAway = true
      let failures = 0
      inventory.refuse = () => {
        if (!isAway) return
        failures++
        throw unreachable('inventory')
      }
      const before = await append(5)
      const worker = startOrderWorker({ db, queue, inventory, logger, windowSeconds: 10 }, { idleMs: 1 })
      try {
        await eventually(() => expect(failures).toBeGreaterThan(2))
        const meanwhile = await append(3)
        expect((await statuses()).size).toBe(0)
        isAway = false
        const all = [...before, ...meanwhile]
        await eventually(async () => expect([...(await statuses()).keys()]).toEqual(all))
        expect(inventory.calls.flatMap((call) => call.ids)).toEqual(all)
      } finally {
        await worker.stop()
      }
      expect(await leftInQueue()).toEqual([])
    })

    test('of the worker itself ends with the next worker', async () => {
      const deps = { db, queue, inventory, logger, windowSeconds: 10 }
      const first = startOrderWorker(deps, { idleMs: 1 })
      const before = await append(3)
      await eventually(async () => expect((await statuses()).size).toBe(3))
      await first.stop()
      const meanwhile = await append(2)
      const next = startOrderWorker(deps, { idleMs: 1 })
      try {
        await eventually(async () => expect([...(await statuses()).keys()]).toEqual([...before, ...meanwhile]))
      } finally {
        await next.stop()
      }
    })
  })

  describe('an order that was set aside', () => {
    async function park(): Promise<number> {
      const [id] = await append(1)
      poison(id!)
      await decide(await queue.take(100))
      expect(ids(await queue.parked())).toEqual([id])
      return id!
    }

    test('is decided when staff replay it and its cause is mended', async () => {
      const id = await park()
      await replayParkedOrder({ queue }, id)
      inventory.refuse = () => undefined
      await decide(await queue.take(100))
      expect((await statuses()).get(id)).toBe('awaiting_payment')
      expect(await queue.parked()).toEqual([])
      await expect(replayParkedOrder({ queue }, id)).rejects.toMatchObject({ type: 'order-not-found', status: 404 })
    })

    test('is rejected by staff, and whatever inventory holds for it is released', async () => {
      const id = await park()
      inventory.refuse = () => undefined
      await inventory.decide([{ order_id: id, lines: [{ product_id: 1, quantity: 1 }] }])
      await rejectParkedOrder({ db, queue, inventory }, id)
      const row = await db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirst()
      expect(row).toMatchObject({ status: 'rejected', reason: 'rejected-by-staff', total_price: 0, expires_at: null })
      expect(await eventsOf(db, id)).toEqual(['order.rejected 1'])
      expect(inventory.decisions.get(id)!.state).toBe('released')
      expect(await queue.parked()).toEqual([])
      await expect(rejectParkedOrder({ db, queue, inventory }, id)).rejects.toMatchObject({ type: 'order-not-found' })
    })

    test('stays set aside when inventory cannot be reached, and rejecting it again finishes the work', async () => {
      const id = await park()
      inventory.refuse = () => {
        throw unreachable('inventory')
      }
      const reject = () => rejectParkedOrder({ db, queue, inventory }, id)
      await expect(reject()).rejects.toMatchObject({ type: 'neighbor-unavailable' })
      expect(ids(await queue.parked())).toEqual([id])
      inventory.refuse = () => undefined
      await reject()
      expect(inventory.decisions.get(id)!.state).toBe('released')
      expect(await eventsOf(db, id)).toEqual(['order.rejected 1'])
      expect(await queue.parked()).toEqual([])
    })

    test('keeps its units when a worker was faster than the staff who reject it', async () => {
      const id = await park()
      inventory.refuse = () => undefined
      await decide([{ ...(await queue.find(id))!, position: 0 }])
      await expect(rejectParkedOrder({ db, queue, inventory }, id)).rejects.toMatchObject({
        type: 'order-state',
        status: 409,
      })
      expect(inventory.decisions.get(id)!.state).toBe('reserved')
      expect((await statuses()).get(id)).toBe('awaiting_payment')
      expect(await queue.parked()).toEqual([])
    })

    test('that is rejected while it is being decided ends one way, and holds units only if it awaits payment', async () => {
      for (const _ of range(15)) {
        const id = await park()
        const taken = { ...(await queue.find(id))!, position: 0 }
        inventory.refuse = () => undefined
        await Promise.allSettled([decide([taken]), rejectParkedOrder({ db, queue, inventory }, id)])
        const status = (await statuses()).get(id)
        const { state } = inventory.decisions.get(id)!
        expect(['awaiting_payment reserved', 'rejected released']).toContain(`${status} ${state}`)
        expect(await eventsOf(db, id)).toHaveLength(1)
      }
    })
  })
})
