import type { Redis } from 'ioredis'
import { hashOf, keyReused } from './idempotency.ts'
import type { NewOrder } from './queue.ts'
import { luaScript } from './redis-connection.ts'
import { payloadOf } from './redis-entry.ts'
import { redisKeys } from './redis-keys.ts'

// For each order: entry, owner, the user's list and, where there is a key, its record. Where the key is known already, what is known of
// it is returned instead. All keys are named beforehand, as a cluster wants it: three for each order behind the first two. A key may be
// noted before its entry: where memory or disk fail Redis refuses the first write of a script, and none that follows.
const write = luaScript(`
  local time = redis.call('TIME')
  local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
  local results, written = {}, 0
  for n = 1, #ARGV / 4 do
    local orderId, userId, payload, bodyHash = unpack(ARGV, 4 * n - 3, 4 * n)
    local order, waiting, key = unpack(KEYS, 3 * n, 3 * n + 2)
    local known = bodyHash ~= '' and redis.call('SET', key, orderId .. ' ' .. bodyHash, 'NX', 'GET')
    if known then
      results[n] = known
    else
      local entry = redis.call('XADD', KEYS[1], '*', 'order', payload, 'at', now)
      redis.call('SET', order, userId .. ' ' .. entry .. ' ' .. now)
      redis.call('ZADD', waiting, orderId, orderId)
      written = written + 1
      results[n] = orderId
    end
  end
  if written > 0 then redis.call('HINCRBY', KEYS[2], 'written', written) end
  return results
`)

/**
 * Writes a group of orders in one step. Returns an id for each, or a problem where a key was used with another body. Orders of one user
 * and key become one, whether they stand in the group together, were written before or are being written by somebody else.
 */
export async function appendToStream(
  redis: Redis,
  takeIds: (count: number) => Promise<number[]>,
  orders: NewOrder[],
): Promise<(number | Error)[]> {
  const ids = await takeIds(orders.length)
  const keys = [redisKeys.entries, redisKeys.counts]
  const args: (string | number)[] = []
  const hashes = orders.map((order) => (order.idempotencyKey === null ? '' : hashOf(order)))
  for (const [index, order] of orders.entries()) {
    const { userId, idempotencyKey } = order
    const orderKey = redisKeys.order(ids[index]!)
    // Where there is no idempotency key, its place is never looked at.
    const key = idempotencyKey === null ? orderKey : redisKeys.idempotency(userId, idempotencyKey)
    keys.push(orderKey, redisKeys.waiting(userId), key)
    args.push(ids[index]!, userId, payloadOf(order, ids[index]!), hashes[index]!)
  }
  const results = (await write(redis, keys, args)) as string[]
  return results.map((result, index) => {
    const [orderId, bodyHash] = result.split(' ')
    return bodyHash === undefined || bodyHash === hashes[index] ? Number(orderId) : keyReused()
  })
}
