import type { Redis } from 'ioredis'
import { luaScript } from './redis-connection.ts'
import { orderOf } from './redis-entry.ts'
import { firstUndecided, rangeEnd } from './redis-find.ts'
import { redisKeys } from './redis-keys.ts'

const atOnce = 1000
const keptMs = 24 * 60 * 60 * 1000

// Looked at once more where nothing can happen in between: an order that was replayed meanwhile has another entry.
const forget = luaScript(`
  local time = redis.call('TIME')
  local limit = time[1] * 1000 - tonumber(ARGV[1])
  local dropped = 0
  for n = 1, (#ARGV - 1) / 2 do
    local entry, orderId = ARGV[2 * n], ARGV[2 * n + 1]
    local order, key = KEYS[2 * n + 1], KEYS[2 * n + 2]
    local current, at = string.match(redis.call('GET', order) or '', '%S+ (%S+) (%S+)')
    if current == entry and tonumber(at) < limit and not redis.call('ZSCORE', KEYS[2], orderId) then
      redis.call('DEL', order, key)
      redis.call('XDEL', KEYS[1], entry)
      dropped = dropped + 1
    end
  end
  return dropped
`)

/**
 * Drops decided orders that were accepted more than a day ago, each with its idempotency key: entry, record and key go in one step, so
 * that no key outlives its order or the other way round. What is not acknowledged or was set aside stays, however old. Returns how many.
 */
export async function purgeStream(redis: Redis): Promise<number> {
  const until = await firstUndecided(redis)
  if (until === undefined || until === '-') return 0
  const old = await redis.xrange(redisKeys.entries, '-', rangeEnd(until), 'COUNT', atOnce)
  if (old.length === 0) return 0
  const keys = [redisKeys.entries, redisKeys.parked]
  const args: (string | number)[] = [keptMs]
  for (const entry of old) {
    const { order_id, user_id, idempotency_key } = orderOf(entry)
    const order = redisKeys.order(order_id)
    keys.push(order, idempotency_key === null ? order : redisKeys.idempotency(user_id, idempotency_key))
    args.push(entry[0], order_id)
  }
  return Number(await forget(redis, keys, args))
}
