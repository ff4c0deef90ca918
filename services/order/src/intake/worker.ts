import { type Loop, startLoop } from '@kakilima/kit/loop'
import type { TakenOrder } from '@kakilima/queue/queue'
import { type DecideDeps, decideOrders } from './decide-orders.ts'

const batchSize = 1000
const purgeEveryMs = 60_000

/** Takes queued orders and decides them, batch after batch, until it is stopped. */
export function startOrderWorker(deps: DecideDeps, { idleMs = 20 }: { idleMs?: number } = {}): Loop {
  // Taken and not done: after an outage the same orders are tried again before others are taken.
  let batch: TakenOrder[] = []
  let purgeAt = performance.now() + purgeEveryMs

  return startLoop({
    name: 'order worker',
    logger: deps.logger,
    idleMs,
    round: async () => {
      if (batch.length === 0) batch = await deps.queue.take(batchSize)
      if (batch.length === 0) {
        if (performance.now() < purgeAt) return false
        purgeAt = performance.now() + purgeEveryMs
        return (await deps.queue.purge()) > 0
      }
      await decideOrders(deps, batch)
      batch = []
      return true
    },
  })
}
