import { silentLogger } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { canRunRedis, startRedis } from '@kakilima/testkit/redis-per-file'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createPostgresQueue } from './postgres.ts'
import type { CursorOptions, NewOrder, Queue, TakenOrder } from './queue.ts'
import { connectRedis, disconnectRedis } from './redis-connection.ts'
import { redisKeys } from './redis-keys.ts'
import { createRedisQueue } from './redis.ts'
import { readQueuedBody, toQueuedBody } from './order-body.ts'

/** What the suite needs of an engine. */
type Engine = {
  /** The queue as one process sees it. Called again for another process. */
  open: (options?: CursorOptions) => Queue
  /** Begins with an empty queue. */
  clear: () => Promise<void>
  /** Makes an order look as if it had been accepted that long ago. */
  makeOlder: (orderId: number, hours: number) => Promise<void>
}

const lines = [{ product_id: 1, quantity: 2 }]
const others = [{ product_id: 1, quantity: 3 }]
const aDayMs = 24 * 60 * 60 * 1000
const ids = (orders: { order_id: number }[]) => orders.map((row) => row.order_id)
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)

function order(change: Partial<NewOrder> = {}): NewOrder {
  return { userId: 7, body: toQueuedBody({ lines }), idempotencyKey: null, ...change }
}

/** What every engine promises: see `Queue`. */
function queueSuite(name: string, canRun: boolean, createEngine: () => Promise<Engine>): void {
  describe.skipIf(!canRun)(`a queue on ${name}`, () => {
    let engine: Engine
    beforeAll(async () => {
      engine = await createEngine()
    })

    const opened: Queue[] = []

    function open(options: CursorOptions = { leaseMs: aDayMs }): Queue {
      const queue = engine.open(options)
      opened.push(queue)
      return queue
    }

    beforeEach(() => engine.clear())
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((queue) => queue.close()))
    })

    async function appendAll(queue: Queue, count: number): Promise<number[]> {
      const appended: number[] = []
      for (const quantity of range(count)) {
        appended.push(await queue.append(order({ body: toQueuedBody({ lines: [{ product_id: 1, quantity }] }) })))
      }
      return appended
    }

    describe('append', () => {
      test('an order is there for every process once its id is known', async () => {
        const id = await open().append(order({ idempotencyKey: 'once' }))
        const found = await open().find(id)
        expect(found).toEqual({
          order_id: id,
          user_id: 7,
          body: toQueuedBody({ lines }),
          idempotency_key: 'once',
          accepted_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          isParked: false,
        })
      })

      test('orders that arrive together at two processes get ids of their own', async () => {
        const queues = [open(), open()]
        const appended = await Promise.all(range(600).map((n) => queues[n % 2]!.append(order())))
        expect(new Set(appended).size).toBe(600)
        expect(ids(await open().take(1000)).toSorted((a, b) => a - b)).toEqual(appended.toSorted((a, b) => a - b))
      })

      test('a thousand parallel orders of one user and key are one', async () => {
        const queues = [open(), open(), open()]
        const appended = await Promise.all(
          range(1000).map((n) => queues[n % 3]!.append(order({ idempotencyKey: 'cart 1' }))),
        )
        expect(new Set(appended).size).toBe(1)
        expect(ids(await open().take(1000))).toEqual([appended[0]])
        expect(await open().append(order({ idempotencyKey: 'cart 1' }))).toBe(appended[0])
      })

      test('many keys that arrive in opposite order at two processes make one order each', async () => {
        const queues = [open(), open()]
        const keys = range(300).map((n) => `key ${n}`)
        const [up, down] = await Promise.all([
          Promise.all(keys.map((idempotencyKey) => queues[0]!.append(order({ idempotencyKey })))),
          Promise.all(keys.toReversed().map((idempotencyKey) => queues[1]!.append(order({ idempotencyKey })))),
        ])
        expect(down.toReversed()).toEqual(up)
        expect(new Set(up).size).toBe(300)
      })

      test('the same key of another user is another order', async () => {
        const queue = open()
        const [mine, yours, mineAgain] = await Promise.all([
          queue.append(order({ idempotencyKey: 'k' })),
          queue.append(order({ idempotencyKey: 'k', userId: 8 })),
          queue.append(order({ idempotencyKey: 'k' })),
        ])
        expect(yours).not.toBe(mine)
        expect(mineAgain).toBe(mine)
      })

      test('orders without a key stand for themselves', async () => {
        const queue = open()
        const appended = await Promise.all([queue.append(order()), queue.append(order())])
        expect(new Set(appended).size).toBe(2)
      })

      test('a key that comes back with other lines is refused, and the first order stands', async () => {
        const queue = open()
        const id = await queue.append(order({ idempotencyKey: 'k' }))
        const again = open().append(order({ idempotencyKey: 'k', body: toQueuedBody({ lines: others }) }))
        await expect(again).rejects.toMatchObject({ type: 'idempotency-key-reused', status: 422 })
        expect(ids(await queue.take(10))).toEqual([id])
        expect(readQueuedBody((await queue.find(id))!.body)).toEqual({ lines })
      })

      test('one key with two bodies at the same moment makes one order and refuses the other body', async () => {
        const queues = [open(), open()]
        const results = await Promise.allSettled([
          queues[0]!.append(order({ idempotencyKey: 'k' })),
          queues[0]!.append(order({ idempotencyKey: 'k', body: toQueuedBody({ lines: others }) })),
          queues[0]!.append(order()),
          queues[1]!.append(order({ idempotencyKey: 'k' })),
          queues[1]!.append(order({ idempotencyKey: 'k', body: toQueuedBody({ lines: others }) })),
        ])
        const outcomes = results.map((result) =>
          result.status === 'fulfilled' ? 'kept' : (result.reason as { type: string }).type,
        )
        const firstWon = ['kept', 'idempotency-key-reused', 'kept', 'kept', 'idempotency-key-reused']
        const secondWon = ['idempotency-key-reused', 'kept', 'kept', 'idempotency-key-reused', 'kept']
        expect([firstWon, secondWon]).toContainEqual(outcomes)
        expect(await open().take(10)).toHaveLength(2)
      })

      test('closing waits for what is being appended', async () => {
        const queue = open()
        const appending = range(50).map(() => queue.append(order()))
        await queue.close()
        const taken = ids(await open().take(100))
        expect(taken.toSorted((a, b) => a - b)).toEqual((await Promise.all(appending)).toSorted((a, b) => a - b))
      })
    })

    describe('take and acknowledge', () => {
      test('orders come as they arrived, and each once', async () => {
        const queue = open()
        const appended = await appendAll(queue, 25)
        const taken = [await queue.take(10), await queue.take(10), await queue.take(10), await queue.take(10)]
        expect(taken.map((batch) => batch.length)).toEqual([10, 10, 5, 0])
        expect(ids(taken.flat())).toEqual(appended)
        expect(taken.flat().map((row) => readQueuedBody(row.body).lines[0]!.quantity)).toEqual(range(25))
        const [late] = await appendAll(queue, 1)
        expect(ids(await queue.take(10))).toEqual([late])
      })

      test('what was acknowledged does not come again to the next worker, what was not does', async () => {
        const first = open()
        const appended = await appendAll(first, 5)
        const taken = await first.take(10)
        await first.acknowledge(taken.slice(0, 3))
        await first.close()
        const second = open()
        expect(ids(await second.take(10))).toEqual(appended.slice(3))
      })

      test('acknowledging out of order loses nothing', async () => {
        const first = open()
        const appended = await appendAll(first, 5)
        const taken = await first.take(10)
        await first.acknowledge(taken.slice(2))
        await first.close()
        const second = open()
        expect(ids(await second.take(2))).toEqual(appended.slice(0, 2))
        await second.close()

        const third = open()
        await third.acknowledge(await third.take(10))
        await third.close()
        expect(await open().take(10)).toEqual([])
      })

      test('acknowledging twice does no harm', async () => {
        const queue = open()
        await appendAll(queue, 3)
        const taken = await queue.take(2)
        await queue.acknowledge(taken)
        await queue.acknowledge(taken)
        await queue.acknowledge([])
        expect(await queue.take(2)).toHaveLength(1)
      })

      test('of ten workers one gets the orders, and the others get nothing while it is at work', async () => {
        for (let round = 0; round < 5; round++) {
          const workers = range(10).map(() => open())
          const appended = await appendAll(workers[0]!, 3)
          const batches = await Promise.all(workers.map((worker) => worker.take(10)))
          const winner = batches.findIndex((batch) => batch.length > 0)
          expect(batches.filter((batch) => batch.length > 0)).toHaveLength(1)
          expect(ids(batches[winner]!)).toEqual(appended)
          const later = await appendAll(workers[0]!, 1)
          for (const worker of workers) if (worker !== workers[winner]) expect(await worker.take(10)).toEqual([])
          const next = await workers[winner]!.take(10)
          expect(ids(next)).toEqual(later)
          await workers[winner]!.acknowledge([...batches[winner]!, ...next])
          await workers[winner]!.close()
        }
      })

      test('the orders of a worker that went away come to the next one when its lease ends', async () => {
        const leaseMs = 150
        const lost = open({ leaseMs })
        const appended = await appendAll(lost, 3)
        await lost.acknowledge((await lost.take(10)).slice(0, 1))
        const next = open({ leaseMs })
        await vi.waitFor(async () => expect(ids(await next.take(10))).toEqual(appended.slice(1)), { interval: 10 })
      })

      test('a worker that was thought dead and comes back loses nothing', async () => {
        const leaseMs = 100
        const slow = open({ leaseMs })
        const appended = await appendAll(slow, 3)
        const taken = await slow.take(10)
        const other = open({ leaseMs })
        await vi.waitFor(async () => expect(ids(await other.take(10))).toEqual(appended), { interval: 10 })
        appended.push(...(await appendAll(slow, 1)))
        // What it acknowledges now is not all that the other one has in hand.
        await slow.acknowledge(taken)
        await vi.waitFor(async () => expect(ids(await slow.take(10))).toContain(appended[3]), { interval: 10 })
      })

      test('a worker that comes back begins where the other one stopped', async () => {
        const slow = open({ leaseMs: 50 })
        await appendAll(slow, 2)
        await slow.take(10)
        const other = open({ leaseMs: aDayMs })
        await vi.waitFor(async () => expect(await other.take(10)).toHaveLength(2), { interval: 10 })
        await appendAll(slow, 2)
        await other.take(10)
        await other.close()
        const third = open()
        await third.acknowledge(await third.take(10))
        await third.close()
        const [later] = await appendAll(slow, 1)
        expect(ids(await slow.take(10))).toEqual([later])
      })

      test('while workers come, go and die, every order is decided', async () => {
        const producer = open()
        const decided = new Set<number>()
        const appending = Promise.all(range(200).map(async () => producer.append(order())))
        let isOver = false
        let turn = 0
        async function work(): Promise<void> {
          while (!isOver) {
            const worker = open({ leaseMs: 20 })
            for (let batches = 0; batches < 3 && !isOver; batches++) {
              const taken = await worker.take(15)
              const isDead = ++turn % 5 === 0
              if (isDead) break
              for (const { order_id } of taken) decided.add(order_id)
              await worker.acknowledge(taken)
            }
            if (turn % 2 === 0) await worker.close()
          }
        }
        const workers = [work(), work(), work()]
        const appended = await appending
        try {
          await vi.waitFor(() => expect(decided.size).toBe(200), { timeout: 10_000, interval: 10 })
        } finally {
          isOver = true
          await Promise.all(workers)
        }
        expect([...decided].toSorted((a, b) => a - b)).toEqual(appended.toSorted((a, b) => a - b))
      })
    })

    describe('parking', () => {
      async function parkSecond(queue: Queue): Promise<{ appended: number[]; taken: TakenOrder[] }> {
        const appended = await appendAll(queue, 3)
        const taken = await queue.take(10)
        await queue.park(taken[1]!, 'it cannot be decided')
        return { appended, taken }
      }

      test('an order that was set aside is listed with its reason, and is found as set aside', async () => {
        const queue = open()
        const { appended } = await parkSecond(queue)
        expect(await open().parked()).toEqual([
          {
            order_id: appended[1],
            user_id: 7,
            body: toQueuedBody({ lines: [{ product_id: 1, quantity: 2 }] }),
            idempotency_key: null,
            accepted_at: expect.any(String),
            reason: 'it cannot be decided',
            parked_at: expect.stringMatching(/Z$/),
          },
        ])
        expect((await queue.find(appended[1]!))!.isParked).toBe(true)
        expect((await queue.find(appended[0]!))!.isParked).toBe(false)
        expect(await queue.find(appended[2]! + 1_000_000)).toBeUndefined()
      })

      test('an order that was set aside does not come again, nor do the others wait for it', async () => {
        const queue = open()
        const { appended, taken } = await parkSecond(queue)
        expect(await queue.take(10)).toEqual([])
        await queue.close()
        const next = open()
        expect(ids(await next.take(10))).toEqual([appended[0], appended[2]])
        await next.acknowledge([taken[0]!, taken[2]!])
        await next.close()
        expect(await open().take(10)).toEqual([])
      })

      test('a replayed order comes again at the end, once', async () => {
        const queue = open()
        const { appended, taken } = await parkSecond(queue)
        await queue.acknowledge([taken[0]!, taken[2]!])
        const [late] = await appendAll(queue, 1)
        expect(await open().replay(appended[1]!)).toBe(true)
        expect(await queue.replay(appended[1]!)).toBe(false)
        expect(await queue.replay(appended[0]!)).toBe(false)
        expect(await queue.parked()).toEqual([])
        const again = await queue.take(10)
        expect(ids(again)).toEqual([late, appended[1]])
        await queue.acknowledge(again)
        await queue.close()
        expect(await open().take(10)).toEqual([])
      })

      test('what shall be known of a replay is stored first, and without it the order stays set aside', async () => {
        const queue = open()
        const { appended } = await parkSecond(queue)
        const noted: number[] = []
        const fails = async () => {
          throw new Error('the disk is full')
        }
        await expect(queue.replay(appended[1]!, fails)).rejects.toThrow('the disk is full')
        expect(ids(await queue.parked())).toEqual([appended[1]])
        expect(await queue.replay(appended[1]!, async () => void noted.push(1))).toBe(true)
        expect(await queue.replay(appended[1]!, async () => void noted.push(2))).toBe(false)
        expect(noted).toEqual([1])
      })

      test('an order that is set aside a second time has the latest reason and can be replayed again', async () => {
        const queue = open()
        const { appended } = await parkSecond(queue)
        await queue.replay(appended[1]!)
        const [again] = await queue.take(10)
        await queue.park(again!, 'still not')
        expect(await queue.parked()).toMatchObject([{ order_id: appended[1], reason: 'still not' }])
        expect(await queue.replay(appended[1]!)).toBe(true)
        expect(ids(await queue.take(10))).toEqual([appended[1]])
      })

      test('an order that is no longer set aside is remembered and not taken again', async () => {
        const queue = open()
        const { appended } = await parkSecond(queue)
        expect(await queue.unpark(appended[1]!)).toBe(true)
        expect(await queue.unpark(appended[1]!)).toBe(false)
        expect(await queue.parked()).toEqual([])
        expect((await queue.find(appended[1]!))!.isParked).toBe(false)
        expect(await queue.take(10)).toEqual([])
      })
    })

    describe('looking', () => {
      test('a user sees what waits for its decision, newest first, and nobody else’s', async () => {
        const queue = open()
        const mine = [await queue.append(order()), await queue.append(order()), await queue.append(order())]
        await queue.append(order({ userId: 8 }))
        const taken = await queue.take(2)
        await queue.acknowledge(taken.slice(0, 1))
        await queue.park(taken[1]!, 'it cannot be decided')
        const waiting = await open().waitingOf(7)
        expect(waiting.map((row) => [row.order_id, row.isParked])).toEqual([
          [mine[2], false],
          [mine[1], true],
        ])
        expect(waiting[0]).toEqual(await queue.find(mine[2]!))
        expect(await queue.waitingOf(9)).toEqual([])
      })

      test('the status says how many wait and since when, how many are decided, and how many are set aside', async () => {
        const queue = open()
        const before = await queue.status()
        expect(before).toMatchObject({ depth: 0, oldest_accepted_at: null, parked: 0 })
        const appended = await appendAll(queue, 5)
        for (const [index, id] of appended.entries()) await engine.makeOlder(id, 9 - index)
        const acceptedAt = async (index: number) => (await queue.find(appended[index]!))!.accepted_at
        expect(await queue.status()).toEqual({ ...before, depth: 5, oldest_accepted_at: await acceptedAt(0) })
        const taken = await queue.take(5)
        await queue.acknowledge(taken.slice(0, 2))
        const decided = before.decided + 2
        expect(await queue.status()).toEqual({ depth: 3, decided, oldest_accepted_at: await acceptedAt(2), parked: 0 })
        // One that waits behind it is not held up by the one that is set aside.
        await queue.park(taken[2]!, 'poison')
        expect(await queue.status()).toMatchObject({ oldest_accepted_at: await acceptedAt(3), parked: 1 })
        await queue.acknowledge(taken.slice(3))
        expect(await queue.status()).toMatchObject({ depth: 0, oldest_accepted_at: null, parked: 1 })
      })

      test('the depth is how many wait, and falls as they are decided', async () => {
        const queue = open()
        await appendAll(queue, 20)
        const before = await queue.depth()
        await queue.acknowledge(await queue.take(15))
        const after = await queue.depth()
        expect([before.depth, after.depth, after.decided - before.decided]).toEqual([20, 5, 15])
      })
    })

    describe('status', () => {
      test('says how long the first one has waited and how many are set aside', async () => {
        const queue = open()
        expect(await queue.status()).toMatchObject({ depth: 0, oldest_accepted_at: null, parked: 0 })
        const appended = await appendAll(queue, 5)
        const accepted = async (index: number) => (await queue.find(appended[index]!))!.accepted_at
        expect((await queue.status()).oldest_accepted_at).toBe(await accepted(0))
        const taken = await queue.take(4)
        await queue.acknowledge(taken.slice(0, 1))
        await queue.park(taken[1]!, 'it cannot be decided')
        expect(await open().status()).toEqual({
          ...(await queue.depth()),
          oldest_accepted_at: await accepted(2),
          parked: 1,
        })
        await queue.acknowledge(taken.slice(2))
        expect((await queue.status()).oldest_accepted_at).toBe(await accepted(4))
        await queue.acknowledge(await queue.take(4))
        expect((await queue.status()).oldest_accepted_at).toBeNull()
      })

      test('orders that have waited for long are known, and those set aside or decided are not among them', async () => {
        const queue = open()
        const appended = await appendAll(queue, 5)
        const taken = await queue.take(3)
        await queue.acknowledge(taken.slice(0, 1))
        await queue.park(taken[1]!, 'it cannot be decided')
        await vi.waitFor(async () => expect(await open().overdue(0)).toEqual(appended.slice(2)), { interval: 10 })
        expect(await queue.overdue(60)).toEqual([])
      })
    })

    describe('purge', () => {
      test('decided orders go after a day, the young, the undecided and those set aside stay', async () => {
        const queue = open()
        const old = await queue.append(order({ idempotencyKey: 'old' }))
        const young = await queue.append(order({ idempotencyKey: 'young' }))
        const parked = await queue.append(order({ idempotencyKey: 'parked' }))
        const taken = await queue.take(10)
        await queue.acknowledge(taken.slice(0, 2))
        await queue.park(taken[2]!, 'it cannot be decided')
        const waiting = await queue.append(order({ idempotencyKey: 'waiting' }))
        for (const id of [old, parked, waiting]) await engine.makeOlder(id, 25)
        await engine.makeOlder(young, 23)

        expect(await queue.purge()).toBe(1)
        expect(await queue.purge()).toBe(0)
        expect(await queue.find(old)).toBeUndefined()
        expect(await queue.append(order({ idempotencyKey: 'old' }))).not.toBe(old)
        expect(await queue.append(order({ idempotencyKey: 'young' }))).toBe(young)
        expect(await queue.append(order({ idempotencyKey: 'parked' }))).toBe(parked)
        expect(await queue.append(order({ idempotencyKey: 'waiting' }))).toBe(waiting)
        await queue.close()
        expect(ids(await open().take(10))[0]).toBe(waiting)
      })

      test('a replayed order stays until it is decided', async () => {
        const queue = open()
        const id = await queue.append(order())
        await queue.park((await queue.take(1))[0]!, 'it cannot be decided')
        await engine.makeOlder(id, 100)
        await queue.replay(id)
        expect(await queue.purge()).toBe(0)
        await queue.acknowledge(await queue.take(1))
        expect(await queue.purge()).toBe(1)
      })
    })
  })
}

queueSuite('PostgreSQL', true, async () => {
  const db = await testDatabase<any>('order', 20)
  return {
    open: (options) => createPostgresQueue(db, options),
    clear: async () => {
      await sql`truncate new_orders, parked_orders`.execute(db)
      // Positions that earlier tests burned are behind it.
      await sql`
        update new_orders_progress
        set position = nextval('new_orders_positions'), leased_by = null, leased_until = '-infinity'`.execute(db)
    },
    makeOlder: async (orderId, hours) => {
      await sql`
        update new_orders set accepted_at = accepted_at - ${hours} * interval '1 hour' where order_id = ${orderId}`.execute(
        db,
      )
    },
  }
})

queueSuite('Redis', canRunRedis, async () => {
  const db = await testDatabase<any>('order', 20)
  const { url } = await startRedis()
  const connections = await Promise.all(range(10).map(() => connectRedis(url, 'test', silentLogger())))
  afterAll(() => Promise.all(connections.map(disconnectRedis)))
  const connection = connections[0]!
  let opened = 0
  return {
    open: (options) => createRedisQueue(connections[opened++ % connections.length]!, db, options),
    clear: async () => {
      await connection.flushdb()
    },
    makeOlder: async (orderId, hours) => {
      const key = redisKeys.order(orderId)
      const [userId, entry, at] = (await connection.get(key))!.split(' ')
      await connection.set(key, `${userId} ${entry} ${Number(at) - hours * 60 * 60 * 1000}`)
    },
  }
})
