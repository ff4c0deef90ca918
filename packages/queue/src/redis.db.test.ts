import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startTcpProxy } from '@kakilima/testkit/tcp-proxy'
import { silentLogger } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { canRunRedis, startRedis } from '@kakilima/testkit/redis-per-file'
import type { RedisServer } from '@kakilima/testkit/redis-server'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Queue } from './queue.ts'
import { connectRedis, disconnectRedis } from './redis-connection.ts'
import { redisKeys } from './redis-keys.ts'
import { createRedisQueue } from './redis.ts'
import { readQueuedBody, toQueuedBody } from './order-body.ts'

const db = await testDatabase<any>('order', 20)
const ids = (orders: { order_id: number }[]) => orders.map((order) => order.order_id)
const range = (length: number) => Array.from({ length }, (_, index) => index)

describe.skipIf(!canRunRedis)('a queue on Redis', () => {
  let server: RedisServer
  let redis: Redis
  let queue: Queue

  beforeAll(async () => {
    server = await startRedis()
    redis = await connectRedis(server.url, 'test', silentLogger())
  })

  afterAll(() => disconnectRedis(redis))

  beforeEach(async () => {
    await redis.flushdb()
    queue = createRedisQueue(redis, db)
  })

  afterEach(() => queue.close())

  const append = (idempotencyKey: string | null = null, userId = 7) =>
    queue.append({ userId, body: toQueuedBody({ lines: [{ product_id: 1, quantity: 1 }] }), idempotencyKey })
  const decideAll = async () => {
    for (let taken = await queue.take(100); taken.length > 0; taken = await queue.take(100))
      await queue.acknowledge(taken)
  }
  const untilBack = () => vi.waitFor(() => expect(redis.status).toBe('ready'), { timeout: 30_000 })

  test('keeps all that belongs to it on one node of a cluster', async () => {
    await append('k')
    await queue.park((await queue.take(1))[0]!, 'it cannot be decided')
    const names = await redis.keys('*')
    expect(names.length).toBeGreaterThan(6)
    for (const name of names) expect(name).toMatch(/^\{new_orders\}:/)
  })

  test('an order that the version before accepted is taken', async () => {
    await redis.xadd(redisKeys.entries, '*', 'order', '[12,7,[[1,2]],null]', 'at', '1795766400000')
    const [taken] = await queue.take(10)
    expect(taken).toMatchObject({ order_id: 12, user_id: 7 })
    expect(readQueuedBody(taken!.body)).toEqual({ lines: [{ product_id: 1, quantity: 2 }] })
  })

  test('F5 a Redis that is still starting is waited for', async () => {
    const proxy = await startTcpProxy(server.url)
    proxy.cut()
    const told: string[] = []
    const patience = { forMs: 60_000, tell: (sentence: string) => told.push(sentence) }
    const connecting = connectRedis(proxy.url, 'test', silentLogger(), patience)
    await vi.waitFor(() => expect(told).toHaveLength(1), { timeout: 30_000 })
    proxy.mend()
    const late = await connecting
    expect(await late.ping()).toBe('PONG')
    await disconnectRedis(late)
  })

  test('is reached by a UNIX socket, too', async () => {
    const path = join(server.folder, 'redis.sock')
    await startRedis({ unixsocket: path })
    const near = await connectRedis(`unix:${path}`, 'test', silentLogger())
    expect(
      await createRedisQueue(near, db).append({ userId: 7, body: toQueuedBody({ lines: [] }), idempotencyKey: null }),
    ).toBeGreaterThan(0)
    await disconnectRedis(near)
  })

  test('holds nothing any more of orders that were dropped, but what counts them', async () => {
    for (const n of range(5)) await append(n % 2 === 0 ? `key ${n}` : null)
    await decideAll()
    for (const name of await redis.keys('*:order:*')) {
      const [userId, entry] = (await redis.get(name))!.split(' ')
      await redis.set(name, `${userId} ${entry} 1000`)
    }
    expect(await queue.purge()).toBe(5)
    expect(await redis.xlen(redisKeys.entries)).toBe(0)
    expect((await redis.keys('*')).toSorted()).toEqual(
      [redisKeys.counts, redisKeys.entries, redisKeys.lease].toSorted(),
    )
  })

  test('an entry that somebody else has decided meanwhile is not set aside', async () => {
    await append()
    const taken = await queue.take(1)
    await queue.acknowledge(taken)
    await queue.park(taken[0]!, 'too late')
    expect(await queue.parked()).toEqual([])
    expect((await queue.depth()).depth).toBe(0)
  })

  test('refuses orders at once while Redis is away, with a time to come back, and goes on afterwards', async () => {
    await server.kill()
    await vi.waitFor(() => expect(redis.status).not.toBe('ready'))
    const { take, depth, find, waitingOf, parked, status } = queue
    for (const ask of [() => append(), () => take(1), depth, () => find(1), () => waitingOf(7), parked, status])
      await expect(ask()).rejects.toMatchObject({ type: 'queue-unavailable', headers: { 'retry-after': '1' } })
    await server.restart()
    await untilBack()
    const id = await append()
    expect(ids(await queue.take(10))).toEqual([id])
  })

  test('a Redis that says nothing is given up, and what it was told is found under its key when it is back', async () => {
    server.pause()
    const answered = append('while it stood still')
    await expect(answered).rejects.toMatchObject({ type: 'queue-unavailable' })
    server.resume()
    await untilBack()
    const id = await append('while it stood still')
    expect(ids(await queue.take(10))).toEqual([id])
  })

  test('orders whose answer got lost on the way to the worker come again', async () => {
    const appended = [await append(), await append()]
    const other = await connectRedis(server.url, 'test', silentLogger())
    const slow = createRedisQueue(other, db)
    await queue.close()
    server.pause()
    const lost = slow.take(10)
    other.disconnect(true)
    await expect(lost).rejects.toMatchObject({ type: 'queue-unavailable' })
    server.resume()
    await vi.waitFor(() => expect(other.status).toBe('ready'), { timeout: 30_000 })
    expect(ids(await slow.take(10))).toEqual(appended)
    await slow.close()
    await disconnectRedis(other)
  })

  test('a Redis that is full takes no order and loses none', async () => {
    const before = await append('before')
    await redis.config('SET', 'maxmemory', '1')
    try {
      await expect(append('when full')).rejects.toMatchObject({ type: 'queue-unavailable' })
    } finally {
      await redis.config('SET', 'maxmemory', '0')
    }
    const after = await append('when full')
    expect(ids(await queue.take(10))).toEqual([before, after])
  })

  // What a crash in the middle of a write leaves behind: R6.
  test('an append-only file that is cut within its last record keeps every order that was acknowledged', async () => {
    const kept = await Promise.all(range(40).map((n) => append(`kept ${n}`)))
    const file = await appendOnlyFile()
    const before = (await readFile(file)).length
    const key = 'was never acknowledged'
    const cut = await append(key)
    const whole = await readFile(file)
    const record = whole.length - before
    for (const bytes of [1, Math.floor(record / 3), Math.floor(record / 2), record - 1]) {
      await server.kill()
      await writeFile(file, whole.subarray(0, before + bytes))
      await server.restart()
      await untilBack()
      expect((await queue.depth()).depth).toBe(40)
      for (const id of kept) expect(await queue.find(id)).toMatchObject({ order_id: id })
      expect(await queue.find(cut), `${bytes} bytes`).toBeUndefined()
      expect(await redis.get(redisKeys.idempotency(7, key))).toBeNull()
    }
    const again = await append(key)
    expect(ids(await queue.take(100))).toEqual([...kept, again])
  })

  async function appendOnlyFile(): Promise<string> {
    const folder = join(server.folder, 'appendonlydir')
    return join(
      folder,
      (await readdir(folder)).find((name) => name.endsWith('.incr.aof'))!,
    )
  }
})
