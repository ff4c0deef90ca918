import type { Logger } from '@kakilima/kit/logger'
import { startPatience } from '@kakilima/kit/patience'
import { createGroupCommit } from '@kakilima/queue/group-commit'
import { connectRedis, disconnectRedis, isRedisAway, luaScript } from '@kakilima/queue/redis-connection'

export type Count = { count: number; endsInMs: number }

/** Counts for all gateways of a shop together. */
export type SharedCounts = {
  /** Counts one more of a name and returns how many that makes in its window. Undefined while Redis is away. */
  add: (name: string) => Promise<Count | undefined>
  close: () => Promise<void>
}

// Names of one group go in one step, and as one command: an order costs no round trip of its own.
const countAll = luaScript(`
  local results = {}
  for n, key in ipairs(KEYS) do
    local count = redis.call('INCR', key)
    if count == 1 then redis.call('PEXPIRE', key, ARGV[1]) end
    results[n] = { count, redis.call('PTTL', key) }
  end
  return results
`)

/** Counts in Redis. A window begins with the first of a name and ends `windowMs` later. */
export async function openSharedCounts(url: string, windowMs: number, logger: Logger): Promise<SharedCounts> {
  const redis = await connectRedis(url, 'gateway-limits', logger, startPatience(logger))
  let isAway = false
  const group = createGroupCommit<string, Count>({
    write: async (names) => {
      const keys = names.map((name) => `{rate_limits}:${name}`)
      const results = (await countAll(redis, keys, [windowMs])) as [number, number][]
      return results.map(([count, endsInMs]) => ({ count, endsInMs }))
    },
  })
  return {
    async add(name) {
      try {
        const counted = await group.add(name)
        isAway = false
        return counted
      } catch (error) {
        if (!isRedisAway(error)) throw error
        if (!isAway) logger.warn('rate limits are counted in this process alone while Redis is away')
        isAway = true
        return undefined
      }
    },
    async close() {
      await group.drain()
      await disconnectRedis(redis)
    },
  }
}
