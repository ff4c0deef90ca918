import type { Redis } from 'ioredis'
import type { ParkedOrder, TakenOrder } from './queue.ts'
import { luaScript } from './redis-connection.ts'
import { findInStream } from './redis-find.ts'
import { timeOf } from './redis-entry.ts'
import { group, redisKeys } from './redis-keys.ts'

const mostListed = 1000

// Only an entry that waits: one that somebody else has decided, set aside or replayed meanwhile is not this worker's any more.
const setAside = luaScript(`
  if redis.call('XACK', KEYS[1], '${group}', ARGV[1]) == 0 then return 0 end
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[3], string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000)), ARGV[2])
  redis.call('HSET', KEYS[4], ARGV[2], ARGV[3])
  redis.call('HINCRBY', KEYS[2], 'decided', 1)
  return 1
`)

// A new entry at the end takes the place of the old one, which nobody would read again.
const putBack = luaScript(`
  if redis.call('ZREM', KEYS[3], ARGV[1]) == 0 then return 0 end
  redis.call('HDEL', KEYS[4], ARGV[1])
  local userId, old, at = string.match(redis.call('GET', KEYS[5]), '(%S+) (%S+) (%S+)')
  local fields = redis.call('XRANGE', KEYS[1], old, old)[1][2]
  local new = redis.call('XADD', KEYS[1], '*', unpack(fields))
  redis.call('XDEL', KEYS[1], old)
  redis.call('SET', KEYS[5], userId .. ' ' .. new .. ' ' .. at)
  redis.call('HINCRBY', KEYS[2], 'written', 1)
  return 1
`)

const forgetParked = luaScript(`
  if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
  redis.call('HDEL', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[3], ARGV[1])
  return 1
`)

const { entries, counts, parked, reasons } = redisKeys

export async function parkEntry(redis: Redis, { position, order_id }: TakenOrder, reason: string): Promise<void> {
  await setAside(redis, [entries, counts, parked, reasons], [position, order_id, reason])
}

/** Puts an order that was set aside at the end of the stream. Returns whether there was such an order. */
export async function replayEntry(redis: Redis, orderId: number): Promise<boolean> {
  const keys = [entries, counts, parked, reasons, redisKeys.order(orderId)]
  return (await putBack(redis, keys, [orderId])) === 1
}

/** Forgets that an order was set aside. Returns whether it was. */
export async function unparkEntry(redis: Redis, orderId: number): Promise<boolean> {
  const found = await findInStream(redis, orderId)
  if (found === undefined) return false
  return (await forgetParked(redis, [parked, reasons, redisKeys.waiting(found.user_id)], [orderId])) === 1
}

/** What was set aside, oldest first. */
export async function listParked(redis: Redis): Promise<ParkedOrder[]> {
  const listed = await redis.zrange(parked, 0, String(mostListed - 1), 'WITHSCORES')
  const orders: ParkedOrder[] = []
  for (let index = 0; index < listed.length; index += 2) {
    const [orderId, parkedAt] = [listed[index]!, listed[index + 1]!]
    const [found, reason] = await Promise.all([findInStream(redis, Number(orderId)), redis.hget(reasons, orderId)])
    // Replayed or rejected since the list was read.
    if (found === undefined || reason === null) continue
    const { isParked: _, ...order } = found
    orders.push({ ...order, reason, parked_at: timeOf(parkedAt) })
  }
  return orders
}
