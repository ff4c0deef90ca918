import type { Redis } from 'ioredis'
import type { QueuedOrder } from './queue.ts'
import { luaScript } from './redis-connection.ts'
import { type Entry, orderOf } from './redis-entry.ts'
import { group, redisKeys } from './redis-keys.ts'

const mostListed = 1000

const find = luaScript(`
  local record = redis.call('GET', KEYS[1])
  if not record then return false end
  local entry = string.match(record, '%S+ (%S+)')
  local found = redis.call('XRANGE', KEYS[2], entry, entry)[1]
  return found and { found, redis.call('ZSCORE', KEYS[3], ARGV[1]) }
`)

// Up to here everything is acknowledged: before the first entry that was read and is not, or else up to the last one that was read.
const undecided = luaScript(`
  if redis.call('EXISTS', KEYS[1]) == 0 then return false end
  for _, details in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local group = {}
    for n = 1, #details, 2 do group[details[n]] = details[n + 1] end
    if group.name == '${group}' then
      local pending = redis.call('XPENDING', KEYS[1], '${group}')
      return pending[2] or '(' .. group['last-delivered-id']
    end
  end
  return '-'
`)

export type FoundOrder = QueuedOrder & { isParked: boolean }

/** An order by its id, as long as it is remembered. */
export async function findInStream(redis: Redis, orderId: number): Promise<FoundOrder | undefined> {
  const keys = [redisKeys.order(orderId), redisKeys.entries, redisKeys.parked]
  const found = (await find(redis, keys, [orderId])) as [Entry, string | null] | null
  return found === null ? undefined : { ...orderOf(found[0]), isParked: (found[1] ?? null) !== null }
}

export async function listWaiting(redis: Redis, userId: number): Promise<FoundOrder[]> {
  const ids = await redis.zrevrange(redisKeys.waiting(userId), 0, String(mostListed - 1))
  const found = await Promise.all(ids.map((id) => findInStream(redis, Number(id))))
  return found.filter((order) => order !== undefined)
}

/** From where on entries may wait for their decision, as a place to begin a range at; undefined where there is no entry at all. */
export async function firstUndecided(redis: Redis): Promise<string | undefined> {
  return ((await undecided(redis, [redisKeys.entries], [])) as string | null) ?? undefined
}

/** Orders that have waited for longer, by the clock of Redis, as far as the queue can tell; some of them may have been decided. */
export async function listOverdue(redis: Redis, seconds: number): Promise<number[]> {
  const from = await firstUndecided(redis)
  if (from === undefined) return []
  const [now, microseconds] = (await redis.time()).map(Number)
  const until = String(Math.floor((now! - seconds) * 1000 + microseconds! / 1000))
  const waiting = (await redis.xrange(redisKeys.entries, from, until, 'COUNT', mostListed)).map(orderOf)
  const parked = new Set(await redis.zrange(redisKeys.parked, 0, '-1'))
  return waiting.map((order) => order.order_id).filter((id) => !parked.has(String(id)))
}

const passedPage = 10_000

/**
 * Orders that the queue is done with, page by page: those before the first entry that is not acknowledged, without what was set aside.
 */
export async function listPassed(redis: Redis, after = '-'): Promise<{ orderIds: number[]; next: string | undefined }> {
  const until = await firstUndecided(redis)
  if (until === undefined || until === '-') return { orderIds: [], next: undefined }
  const entries = await redis.xrange(redisKeys.entries, after, rangeEnd(until), 'COUNT', passedPage)
  const parked = new Set(await redis.zrange(redisKeys.parked, 0, '-1'))
  const orderIds = entries.map((entry) => orderOf(entry).order_id).filter((id) => !parked.has(String(id)))
  return { orderIds, next: entries.length < passedPage ? undefined : `(${entries.at(-1)![0]}` }
}

/** The end of all that is decided, by the place at which what is not may begin: up to the last that was read, or below the first. */
export function rangeEnd(firstUndecidedPlace: string): string {
  return firstUndecidedPlace.startsWith('(') ? firstUndecidedPlace.slice(1) : `(${firstUndecidedPlace}`
}
