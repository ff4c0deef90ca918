import type { Logger } from '@kakilima/kit/logger'
import { silentLogger } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { canRunRedis, startRedis } from '@kakilima/testkit/redis-per-file'
import type { RedisServer } from '@kakilima/testkit/redis-server'
import { sql } from 'kysely'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { leaveRedis, openQueue, visitQueue } from './open-queue.ts'
import { toQueuedBody } from './order-body.ts'
import type { NewOrder, Queue } from './queue.ts'
import { connectRedis, disconnectRedis } from './redis-connection.ts'

const db = await testDatabase<any>('order', 20)
const opened: Queue[] = []
const ids = (orders: { order_id: number }[]) => orders.map((order) => order.order_id)
const order = (change: Partial<NewOrder> = {}): NewOrder => ({
  userId: 7,
  body: toQueuedBody({ lines: [{ product_id: 1, quantity: 1 }] }),
  idempotencyKey: null,
  ...change,
})

test('without Redis the queue is in PostgreSQL, and of a Redis that is not there one hears at once', async () => {
  const place = { db, name: 'test', logger: silentLogger() }
  const queue = await openQueue({ ...place, redisUrl: undefined })
  expect(await queue.depth()).toMatchObject({ depth: 0 })
  await expect(openQueue({ ...place, redisUrl: 'redis://127.0.0.1:1' })).rejects.toThrow(
    'Redis cannot be reached (connect ECONNREFUSED 127.0.0.1:1): is it running, and is REDIS_URL right?',
  )
  // Nothing has begun there, so nothing is missed.
  await openQueue({ ...place, redisUrl: undefined })
})

describe.skipIf(!canRunRedis)('a shop that moves to Redis', () => {
  let server: RedisServer

  beforeAll(async () => {
    server = await startRedis()
  })

  beforeEach(async () => {
    await sql`truncate new_orders, parked_orders`.execute(db)
    await sql`
      update new_orders_progress set engine = 'postgresql', position = nextval('new_orders_positions'),
        leased_by = null, leased_until = '-infinity'`.execute(db)
    const redis = await connectRedis(server.url, 'test', silentLogger())
    await redis.flushdb()
    await disconnectRedis(redis)
  })

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.close()))
  })

  async function open(redisUrl: string | undefined, logger: Logger = silentLogger()): Promise<Queue> {
    const queue = await openQueue({ db, redisUrl, name: 'test', logger })
    opened.push(queue)
    return queue
  }

  test('decides what waits in PostgreSQL first, then what comes in, each once', async () => {
    const before = await open(undefined)
    const old = [await before.append(order()), await before.append(order()), await before.append(order())]
    const [decided] = await before.take(1)
    await before.acknowledge([decided!])
    await before.close()
    const queue = await open(server.url)
    const recent = [await queue.append(order()), await queue.append(order())]
    expect(ids(await queue.waitingOf(7))).toEqual([...old.slice(1), ...recent].toReversed())
    expect(await queue.status()).toMatchObject({
      depth: 4,
      parked: 0,
      oldest_accepted_at: (await queue.find(old[1]!))!.accepted_at,
    })
    const batches = [await queue.take(10), await queue.take(10), await queue.take(10)]
    expect(batches.map(ids)).toEqual([old.slice(1), recent, []])
    await queue.acknowledge(batches.flat())
    expect((await queue.depth()).depth).toBe(0)
    expect(await queue.overdue(0)).toEqual([])
    await queue.close()
    expect(await (await open(server.url)).take(10)).toEqual([])
  })

  test('knows the idempotency keys that were used in PostgreSQL', async () => {
    const before = await open(undefined)
    const id = await before.append(order({ idempotencyKey: 'k' }))
    const queue = await open(server.url)
    const body = toQueuedBody({ lines: [{ product_id: 1, quantity: 2 }] })
    expect(await queue.append(order({ idempotencyKey: 'k' }))).toBe(id)
    await expect(queue.append(order({ idempotencyKey: 'k', body }))).rejects.toMatchObject({
      type: 'idempotency-key-reused',
    })
    expect(await queue.append(order({ idempotencyKey: 'k', userId: 8 }))).not.toBe(id)
    expect((await queue.depth()).depth).toBe(2)
  })

  test('finds, replays and forgets what was set aside in PostgreSQL', async () => {
    const before = await open(undefined)
    const old = [await before.append(order()), await before.append(order())]
    for (const taken of await before.take(10)) await before.park(taken, 'it cannot be decided')
    await before.close()
    const queue = await open(server.url)
    const recent = await queue.append(order())
    await queue.park((await queue.take(10))[0]!, 'nor can this')
    expect(ids(await queue.parked())).toEqual([...old, recent])
    expect(await queue.find(old[0]!)).toMatchObject({ isParked: true })
    expect((await queue.status()).parked).toBe(3)
    expect(await queue.replay(old[0]!)).toBe(true)
    expect(await queue.unpark(old[1]!)).toBe(true)
    expect(ids(await queue.parked())).toEqual([recent])
    const [again] = await queue.take(10)
    expect(again).toMatchObject({ order_id: old[0] })
    await queue.park(again!, 'still not')
    expect(await queue.parked()).toMatchObject([{ order_id: recent }, { order_id: old[0], reason: 'still not' }])
  })

  test('lets the last traces in PostgreSQL go when they are a day old', async () => {
    const before = await open(undefined)
    await before.append(order({ idempotencyKey: 'k' }))
    await before.acknowledge(await before.take(10))
    await sql`update new_orders set accepted_at = accepted_at - interval '25 hours'`.execute(db)
    const queue = await open(server.url)
    expect(await queue.purge()).toBe(1)
    const { rows } = await sql`select from new_orders`.execute(db)
    expect(rows).toEqual([])
  })

  test('does not start without REDIS_URL again, unless nothing waits in Redis and its owner says so', async () => {
    const queue = await open(server.url)
    await queue.append(order())
    await expect(open(undefined)).rejects.toThrow('The queue of this shop is in Redis, where orders may wait')
    const visited = await visitQueue({ db, redisUrl: server.url, name: 'test', logger: silentLogger() })
    opened.push(visited)
    await expect(leaveRedis(db, visited)).rejects.toThrow('1 orders wait in Redis and 0 are set aside there')
    await queue.acknowledge(await queue.take(10))
    await leaveRedis(db, visited)
    const back = await open(undefined)
    expect(await back.append(order())).toEqual(expect.any(Number))
  })

  test.each([
    ['appendonly no', { appendonly: 'no' }, /keeps no append-only file/],
    ['appendfsync everysec', { appendfsync: 'everysec' }, /too late \(appendfsync everysec\)/],
    [
      'an eviction policy',
      { 'maxmemory-policy': 'allkeys-lru' },
      /throw away what it holds .* \(maxmemory-policy allkeys-lru\)/,
    ],
    ['settings that it does not show', { 'rename-command': 'CONFIG nobody' }, /does not show its settings/],
  ])('is warned of %s', async (_, settings, danger) => {
    const warnings: string[] = []
    const logger = { ...silentLogger(), warn: (text: string) => warnings.push(text) } as unknown as Logger
    const weak = await startRedis(settings)
    await open(weak.url, logger)
    expect(warnings).toEqual([expect.stringMatching(danger)])
    await open(server.url, logger)
    expect(warnings).toHaveLength(1)
  })
})
