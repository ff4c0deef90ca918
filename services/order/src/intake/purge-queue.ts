import type { Logger } from '@kakilima/kit/logger'
import { type Loop, startLoop } from '@kakilima/kit/loop'
import type { Queue } from '@kakilima/queue/queue'

/** Drops decided orders from the queue once their idempotency keys have lived their day. A loop of its own: the worker may never be idle. */
export function startPurging(queue: Queue, logger: Logger): Loop {
  return startLoop({
    name: 'purge of the queue',
    logger,
    idleMs: 10_000,
    round: async () => (await queue.purge()) > 0,
  })
}
