import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Cursor, CursorOptions, TakenOrder } from './queue.ts'
import { luaScript } from './redis-connection.ts'
import { type Entry, orderOf } from './redis-entry.ts'
import { consumer, group, redisKeys } from './redis-keys.ts'

// Takes or renews the lease, and reads: first what was read and never acknowledged, behind `after`, then what is new. Whoever has the
// lease anew begins with all that was not acknowledged, which is how the entries of a worker that went away are taken over.
const read = luaScript(`
  local owner, leaseMs, limit, after = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local lease = redis.call('HMGET', KEYS[2], 'owner', 'until')
  local isMine = lease[1] == owner
  local endsAt = tonumber(lease[2] or 0)
  if lease[1] and not isMine and now <= endsAt then return false end
  if not isMine or endsAt - now < leaseMs * 2 / 3 then
    redis.call('HSET', KEYS[2], 'owner', owner, 'until', string.format('%d', now + leaseMs))
  end
  local function entriesFrom(id, count)
    local command = { 'XREADGROUP', 'GROUP', '${group}', '${consumer}', 'COUNT', count, 'STREAMS', KEYS[1], id }
    local reply = redis.pcall(unpack(command))
    if reply and reply.err and string.find(reply.err, 'NOGROUP') then
      -- Nobody has read yet, or Redis came back without its data.
      redis.call('XGROUP', 'CREATE', KEYS[1], '${group}', '0', 'MKSTREAM')
      reply = redis.call(unpack(command))
    end
    if reply and reply.err then error(reply.err) end
    return reply and reply[1][2] or {}
  end
  local pending = {}
  if not isMine then after = '0' end
  if after ~= '>' then pending = entriesFrom(after, limit) end
  local fresh = {}
  if #pending < limit then fresh = entriesFrom('>', limit - #pending) end
  return { pending, fresh }
`)

// The entries first and then their orders. Lua takes some thousands of arguments at once and no more.
const markDone = luaScript(`
  local count, done = #ARGV / 2, 0
  for n = 1, count, 1000 do
    done = done + redis.call('XACK', KEYS[1], '${group}', unpack(ARGV, n, math.min(n + 999, count)))
  end
  for n = 1, count do redis.call('ZREM', KEYS[n + 2], ARGV[count + n]) end
  if done > 0 then redis.call('HINCRBY', KEYS[2], 'decided', done) end
`)

const giveUpLease = luaScript(`
  if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then redis.call('DEL', KEYS[1]) end
`)

/**
 * Reads the stream as its consumer group. The group's one consumer is whoever holds the lease, so that what a worker leaves behind is
 * there for the next one without being claimed entry by entry.
 */
export function createStreamCursor(redis: Redis, { leaseMs = 3000 }: CursorOptions): Cursor {
  const owner = randomUUID()
  /** The entry behind which there may be more that was read and not acknowledged, or `>` where there is not. */
  let after = '0'

  return {
    async take(limit) {
      const from = after
      // Where the answer gets lost, what it held counts as read, and comes again only to who asks for it.
      after = '0'
      const reply = (await read(redis, [redisKeys.entries, redisKeys.lease], [owner, leaseMs, limit, from])) as
        | [pending: Entry[], fresh: Entry[]]
        | null
      if (reply === null) return []
      const [pending, fresh] = reply
      after = pending.length === limit ? pending.at(-1)![0] : '>'
      return [...pending, ...fresh].map((entry): TakenOrder => ({ ...orderOf(entry), position: entry[0] }))
    },

    async acknowledge(orders) {
      if (orders.length === 0) return
      const keys = orders.map(({ user_id }) => redisKeys.waiting(user_id))
      const args = [...orders.map(({ position }) => position), ...orders.map(({ order_id }) => order_id)]
      await markDone(redis, [redisKeys.entries, redisKeys.counts, ...keys], args)
    },

    async release() {
      await giveUpLease(redis, [redisKeys.lease], [owner])
    },
  }
}
