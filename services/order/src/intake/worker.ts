import { type Loop, startLoop } from '@kakilima/kit/loop'
import type { TakenOrder } from '@kakilima/queue/queue'
import { type DecideDeps, decideOrders } from './decide-orders.ts'

const batchSize = 1000

/** Takes queued orders and decides them, batch after batch, until it is stopped. */
export function startOrderWorker(deps: DecideDeps, { idleMs = 20 }: { idleMs?: number } = {}): Loop {
  // Taken and not done: after an outage the same orders are tried again before others are taken.
  let batch: TakenOrder[] = []

  return startLoop({
    name: 'order worker',
    logger: deps.logger,
    idleMs,
    round: async () => {
      if (batch.length === 0) batch = await deps.queue.take(batchSize)
      if (batch.length === 0) return false
      await decideOrders(deps, batch)
      batch = []
      return true
    },
  })
}
