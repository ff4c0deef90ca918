import { problem } from '@kakilima/contracts/problems'
import type { Logger } from '@kakilima/kit/logger'
import { startLoop } from '@kakilima/kit/loop'
import type { Queue } from '@kakilima/queue/queue'

export type QueueLimits = { orders: number; seconds: number }

/** How many orders wait, and how many were decided so far. */
export type QueueReading = { depth: number; decided: number; atMs: number }

export type QueueGauge = {
  /** Throws `queue-unavailable` with the seconds to wait when the queue is full. Costs nothing: it looks at the last readings. */
  requireRoom: () => void
}

const readEveryMs = 250
/** A queue that was not heard of for so long hangs: what is sent to it now would hang as well. */
const silentAfterMs = 3000
/** How long the worker is watched before its speed counts: it decides in bursts. */
const windowMs = 5000
/** A worker that always has so many orders before it works as fast as it can. */
const enoughToShowSpeed = 1000

/**
 * Reads a few times a second how many orders wait and how fast they are decided. Beyond the limits new orders are refused at once; they
 * are taken again as soon as a reading is below them. The same where the queue does not even answer.
 */
export function watchQueue(
  queue: Queue,
  limits: QueueLimits,
  logger: Logger,
): QueueGauge & { stop: () => Promise<void> } {
  const gauge = createGauge(limits)
  let heardAtMs = performance.now()
  const loop = startLoop({
    name: 'queue gauge',
    logger,
    idleMs: readEveryMs,
    round: async () => {
      const reading = await queue.depth()
      heardAtMs = performance.now()
      gauge.note({ ...reading, atMs: heardAtMs })
      return false
    },
  })
  return {
    requireRoom: () => {
      if (performance.now() - heardAtMs > silentAfterMs)
        throw problem('queue-unavailable', 'Orders cannot be taken right now')
      gauge.requireRoom()
    },
    stop: loop.stop,
  }
}

/** The rule of the gauge, for readings in the order of their times. */
export function createGauge(limits: QueueLimits): QueueGauge & { note: (reading: QueueReading) => void } {
  let readings: QueueReading[] = []
  let waiting = 0
  let secondsOfWork = 0

  return {
    note: (reading) => {
      readings = [...readings.filter(({ atMs }) => atMs >= reading.atMs - windowMs), reading]
      waiting = reading.depth
      const perSecond = speedOf(readings)
      secondsOfWork = perSecond === undefined ? 0 : waiting / Math.max(perSecond, 1)
    },
    requireRoom: () => {
      if (waiting < limits.orders && secondsOfWork < limits.seconds) return
      const retryAfter = Math.min(60, Math.max(1, Math.ceil(secondsOfWork - limits.seconds / 2)))
      throw problem(
        'queue-unavailable',
        'Too many orders wait for a decision: try again soon',
        {},
        { 'retry-after': String(retryAfter) },
      )
    },
  }
}

/**
 * Orders decided in a second, or undefined where the readings don't tell: a worker that ran out of work might have decided more, and
 * one that just began is no slow one.
 */
function speedOf(readings: QueueReading[]): number | undefined {
  const [first, last] = [readings[0]!, readings.at(-1)!]
  const isWindowFull = last.atMs - first.atMs > windowMs - 2 * readEveryMs
  const leastDepth = Math.min(...readings.map(({ depth }) => depth))
  const decided = last.decided - first.decided
  const isAtItsLimit = leastDepth >= enoughToShowSpeed || (leastDepth > 0 && decided === 0)
  return isWindowFull && isAtItsLimit ? (decided * 1000) / (last.atMs - first.atMs) : undefined
}
