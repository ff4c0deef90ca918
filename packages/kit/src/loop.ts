import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from './logger.ts'

export type Loop = {
  /** Ends the pause, so that work which just came is seen to at once. */
  wake: () => void
  /** Lets the round in progress end and starts no other. */
  stop: () => Promise<void>
}

export type LoopOptions = {
  name: string
  logger: Logger
  /** How long to rest when a round found nothing to do. */
  idleMs: number
  /** One round. Returns whether there may be more to do right away. */
  round: () => Promise<boolean>
}

const longestBackoffMs = 5000

/**
 * Runs rounds of background work until it is stopped. A round that throws is logged and tried again after a growing, random pause: the
 * loop itself never ends, since a database that is away for an hour must find it at work afterwards.
 */
export function startLoop({ name, logger, idleMs, round }: LoopOptions): Loop {
  let isStopping = false
  let pause = new AbortController()
  let failures = 0

  async function run(): Promise<void> {
    while (!isStopping) {
      let hasMore = false
      try {
        hasMore = await round()
        failures = 0
      } catch (error) {
        failures++
        logger.warn({ err: error, loop: name, failures }, 'a round of background work failed and will be tried again')
      }
      if (!hasMore && !isStopping) await rest(failures === 0 ? idleMs : backoffMs(idleMs, failures))
    }
  }

  async function rest(ms: number): Promise<void> {
    try {
      await sleep(ms, undefined, { signal: pause.signal })
    } catch (error) {
      if (!pause.signal.aborted) throw error
      pause = new AbortController()
    }
  }

  const running = run()
  return {
    wake: () => pause.abort(),
    stop: async () => {
      isStopping = true
      pause.abort()
      await running
    },
  }
}

/** A pause that doubles with each failure, with some chance in it so that many processes don't come back together. */
export function backoffMs(firstMs: number, failures: number, longestMs = longestBackoffMs): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures, 20)) * (0.5 + Math.random() / 2)
}
