import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FeedPosition, feedPage } from '@kakilima/contracts/event-feed'
import type { OrderChange } from '@kakilima/contracts/order/order'
import { problem } from '@kakilima/contracts/problems'
import { gapsAt, nextOf, notePage } from '@kakilima/kit/event-feed'
import { type Gaps, numbersIn } from '@kakilima/kit/gaps'
import type { Logger } from '@kakilima/kit/logger'
import { startPatience } from '@kakilima/kit/patience'
import { connectRedis, disconnectRedis, luaScript } from '@kakilima/queue/redis-connection'
import type { OrderFeed } from './order-feed.ts'

/** The changes of orders as all gateways see them, numbered by Redis without gaps. */
export type SharedOrderFeed = OrderFeed & {
  /** Whom to tell that changes were missed: Redis lost its data, or was away for too long. What is listened for must be read anew. */
  onCut: (tell: () => void) => void
  close: () => Promise<void>
}

type Options = {
  /** How long a gateway that went away holds the others up. */
  leaseMs?: number
  /** After how long without a reader the log begins anew: nobody listened. Longer than any reader is late. */
  keptMs?: number
}

const keys = { lease: '{live}:lease', state: '{live}:state', changes: '{live}:changes' }
/** Of a reader that is so far behind the listeners have to begin anew. */
const keptChanges = 20_000
/** How often the time of the last reading is noted where there was nothing new. */
const noteMs = 5000
const longestBeginMs = 3000

// Takes the lease where it is free, and tells how the log stands: up to where the order service was read, how long ago, the last number.
const look = luaScript(`
  local holder = redis.call('GET', KEYS[1])
  local isMine = not holder or holder == ARGV[1]
  if isMine then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
  local state = redis.call('HMGET', KEYS[2], 'position', 'at', 'last')
  local time = redis.call('TIME')
  local age = time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(state[2] or 0)
  return { isMine and 1 or 0, state[1] or '', string.format('%.0f', age), state[3] or '0' }
`)

// Begins the log anew. Numbers are never given twice, also not by a Redis that has forgotten them: they begin with its clock.
const begin = luaScript(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
  local time = redis.call('TIME')
  local last = math.max(tonumber(redis.call('HGET', KEYS[2], 'last') or 0), time[1] * 1000000 + time[2])
  local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call('HSET', KEYS[2], 'position', ARGV[2], 'at', at, 'last', string.format('%.0f', last), 'begun', string.format('%.0f', last))
  return string.format('%.0f', last)
`)

// What was read goes in with the position behind it, or not at all: a reader that was overtaken changes nothing.
const append = luaScript(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  local time = redis.call('TIME')
  local last = tonumber(redis.call('HGET', KEYS[2], 'last'))
  for n = 3, #ARGV do
    last = last + 1
    redis.call('XADD', KEYS[3], 'MAXLEN', '~', ${keptChanges}, string.format('%.0f-0', last), 'change', ARGV[n])
  end
  local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call('HSET', KEYS[2], 'position', ARGV[2], 'at', at, 'last', string.format('%.0f', last))
  return 1
`)

const readAfter = luaScript(`
  local state = redis.call('HMGET', KEYS[1], 'last', 'begun')
  return { state[1] or '0', state[2] or '0', redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2]) }
`)

const giveUp = luaScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`)

/**
 * Shares the changes of orders between gateways through Redis: one of them at a time, who holds the lease, asks the order service and
 * writes down what it hears and how far it has come, in one step. All read that. Whoever takes the lease over goes on from there, so
 * nothing is missed when a gateway dies. How an order is, everybody still asks for the orders that its own listeners want.
 */
export async function shareOrderFeed(
  url: string,
  feed: OrderFeed,
  logger: Logger,
  { leaseMs = 3000, keptMs = 30_000 }: Options = {},
): Promise<SharedOrderFeed> {
  const redis = await connectRedis(url, 'gateway-live', logger, startPatience(logger))
  const owner = randomUUID()
  let gaps: Gaps | undefined
  let tellCut: () => void = () => undefined
  /** Up to where changes that were missed are not looked for any more. */
  let cutAt = 0

  async function lookAt() {
    const [isMine, position, age, last] = (await look(redis, [keys.lease, keys.state], [owner, leaseMs])) as [
      number,
      string,
      string,
      string,
    ]
    return { isMine: isMine === 1, position, ageMs: Number(age), last: Number(last) }
  }

  /** Asks the order service for what is new and writes it down, where that is for this gateway to do. */
  async function lead(): Promise<void> {
    const { isMine, position, ageMs } = await lookAt()
    if (!isMine || position === '') return void (gaps = undefined)
    gaps ??= gapsAt(JSON.parse(position) as FeedPosition)
    const own = gaps
    const asked = nextOf(own)
    const { changes, settled } = await feed.changes(asked)
    if (changes.length === 0 && ageMs < noteMs) return
    // Where it can't be told whether this was written, what is written says from where to go on.
    gaps = undefined
    notePage(own, asked, { seen: changes.map(({ id }) => id), settled, isFull: changes.length >= feedPage })
    const next = { after: own.highest(), missing: numbersIn(own.missing(), Infinity) }
    const args = [owner, JSON.stringify(next), ...changes.map((change) => JSON.stringify(change))]
    if ((await append(redis, [keys.lease, keys.state, keys.changes], args)) === 1) gaps = own
  }

  return {
    list: feed.list,
    onCut: (tell) => void (tellCut = tell),

    async position() {
      const until = performance.now() + longestBeginMs
      while (performance.now() < until) {
        const { isMine, position, ageMs, last } = await lookAt()
        // Somebody reads, or did so a moment ago: whoever goes on goes on from there, and what is new gets a higher number.
        if (position !== '' && ageMs < keptMs) return { after: last, missing: [] }
        if (isMine) {
          gaps = undefined
          const begun = await begin(redis, [keys.lease, keys.state], [owner, JSON.stringify(await feed.position())])
          if (begun !== null) return { after: Number(begun), missing: [] }
        }
        await sleep(50)
      }
      throw problem(
        'live-unavailable',
        'Another gateway has begun to read the changes of orders and does not come to it',
      )
    },

    async changes({ after: seen }) {
      await lead()
      const after = Math.max(seen, cutAt)
      const [last, begun, entries] = (await readAfter(
        redis,
        [keys.state, keys.changes],
        [String(after), feedPage],
      )) as [string, string, [id: string, fields: [string, string]][]]
      const found = entries.map(([id, [, change]]) => ({
        ...(JSON.parse(change) as OrderChange),
        id: Number(id.split('-')[0]),
      }))
      const isWhole = after >= Number(begun) && (found.length > 0 ? found[0]!.id === after + 1 : Number(last) === after)
      const read = { changes: found, settled: 0 }
      if (isWhole) return read
      cutAt = Math.max(Number(begun), (found[0]?.id ?? Number(last) + 1) - 1)
      tellCut()
      return read
    },

    async close() {
      await giveUp(redis, [keys.lease], [owner]).catch((err: unknown) => {
        // Then it ends by itself.
        logger.debug({ err }, 'the lease of live updates could not be given up')
      })
      await disconnectRedis(redis)
    },
  }
}
