import { hash } from 'node:crypto'
import { problem } from '@kakilima/contracts/problems'
import type { Logger } from '@kakilima/kit/logger'
import { noPatience, type Patience, withPatience } from '@kakilima/kit/patience'
import type { Redis } from 'ioredis'

/** Longer than anything that we ask takes: whoever says nothing for so long hangs, and is left and connected to anew. */
const silentMs = 5000
const longestPauseMs = 500
/** A machine that has much else to do takes its time. */
const longestConnectMs = 20_000

/**
 * Connects to Redis or Valkey. Throws one clear sentence where nobody answers before patience is over. Later it connects again by itself, again and again. What
 * is asked meanwhile fails at once, and what was under way when the connection broke fails too and is never sent a second time: it may
 * have happened.
 */
export async function connectRedis(
  url: string,
  name: string,
  logger: Logger,
  patience: Patience = noPatience,
): Promise<Redis> {
  // 10 MB that a shop without it need not keep.
  const { Redis } = await import('ioredis')
  const redis = new Redis(url.replace(/^unix:/, ''), {
    connectionName: `kakilima-${name}`,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    socketTimeout: silentMs,
    connectTimeout: longestConnectMs,
    retryStrategy: (tries) => Math.min(longestPauseMs, 20 * tries),
    // A primary that became a replica: connect anew to whoever has its name or address now.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
  let lastError: Error | undefined
  let isTold = false
  redis.on('error', (error) => {
    lastError = error
    // Once for each outage, not for each of its many tries.
    if (!isTold) logger.warn({ err: error }, 'Redis cannot be reached and is tried again and again')
    isTold = true
  })
  redis.on('ready', () => (isTold = false))
  try {
    await withPatience(patience, 'Redis', isRedisAway, async () => {
      // A connection that broke before it was ready is begun anew by itself.
      if (redis.status === 'wait' || redis.status === 'end') await redis.connect()
      await redis.ping()
    })
  } catch (error) {
    redis.disconnect()
    throw new Error(
      `Redis cannot be reached (${(lastError ?? (error as Error)).message}): is it running, and is REDIS_URL right?`,
      { cause: error },
    )
  }
  return redis
}

export async function disconnectRedis(redis: Redis): Promise<void> {
  // Asked to say goodbye it first answers what is under way; where it is away there is nobody to ask.
  await (redis.status === 'ready' ? redis.quit() : Promise.resolve()).catch((error: unknown) => {
    if (!isRedisAway(error)) throw error
  })
  redis.disconnect()
}

// What ioredis says when a connection is not there or breaks; it has no codes for these.
const brokenConnection =
  /^(Stream isn't writeable|Connection is closed|Reached the max retries|Command aborted|Socket timeout)/
// What Redis itself answers while it starts, stops, is full, was demoted or cannot write to its disk.
const unfitServer =
  /\b(LOADING|BUSY|OOM|READONLY|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOAUTH|WRONGPASS)\b/

/** Whether an error says that Redis is away or takes nothing now, so that trying again later is right. */
export function isRedisAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'ReplyError') return unfitServer.test(error.message)
  return brokenConnection.test(error.message) || (error as NodeJS.ErrnoException).syscall !== undefined
}

/** Throws `queue-unavailable` where Redis is away, and anything else as it is. */
export function throwAway(error: unknown): never {
  if (!isRedisAway(error)) throw error
  throw problem('queue-unavailable', 'Orders cannot be taken right now', {}, { 'retry-after': '1' })
}

export type Script = (redis: Redis, keys: string[], args: (string | number)[]) => Promise<unknown>

/** A Lua script, which Redis runs as one step that happens whole or not at all. It is sent once and then called by its fingerprint. */
export function luaScript(lua: string): Script {
  const fingerprint = hash('sha1', lua)
  return async (redis, keys, args) => {
    try {
      return await redis.evalsha(fingerprint, keys.length, ...keys, ...args)
    } catch (error) {
      // Forgotten by a restart; nothing of it was done.
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error
      return redis.eval(lua, keys.length, ...keys, ...args)
    }
  }
}
