import { problem } from '@kakilima/contracts/problems'
import type { Logger } from '@kakilima/kit/logger'
import { type Loop, startLoop } from '@kakilima/kit/loop'
import type { Queue } from '@kakilima/queue/queue'

export type QueueGauge = {
  /** Throws `queue-unavailable` with the seconds to wait when the queue is full. Costs nothing: it looks at the last reading. */
  requireRoom: () => void
  stop: () => Promise<void>
}

export type QueueLimits = { orders: number; seconds: number }

const readEveryMs = 250
/** How much of the last reading's speed is kept: the worker decides in bursts. */
const inertia = 0.7

/**
 * Reads a few times a second how many orders wait and how fast they are decided. Beyond the limits new orders are refused at once; they
 * are taken again as soon as a reading is below them.
 */
export function watchQueue(queue: Queue, limits: QueueLimits, logger: Logger): QueueGauge {
  let waiting = 0
  let decidedPerSecond = Infinity
  let last: { decided: number; atMs: number } | undefined

  const loop: Loop = startLoop({
    name: 'queue gauge',
    logger,
    idleMs: readEveryMs,
    round: async () => {
      const { depth, decided } = await queue.depth()
      const now = performance.now()
      if (last !== undefined && depth > 0) {
        const speed = ((decided - last.decided) * 1000) / (now - last.atMs)
        decidedPerSecond = decidedPerSecond === Infinity ? speed : decidedPerSecond * inertia + speed * (1 - inertia)
      }
      // Nothing waits: whatever the speed was, it was enough.
      if (depth === 0) decidedPerSecond = Infinity
      last = { decided, atMs: now }
      waiting = depth
      return false
    },
  })

  return {
    requireRoom: () => {
      const seconds = waiting === 0 ? 0 : waiting / Math.max(decidedPerSecond, 1)
      if (waiting < limits.orders && seconds < limits.seconds) return
      const retryAfter = Math.min(60, Math.max(1, Math.ceil(seconds - limits.seconds / 2)))
      throw problem(
        'queue-unavailable',
        'Too many orders wait for a decision: try again soon',
        {},
        { 'retry-after': String(retryAfter) },
      )
    },
    stop: loop.stop,
  }
}
