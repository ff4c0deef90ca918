import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerSettings } from '@kakilima/kit/config'
import type { Logger } from '@kakilima/kit/logger'
import type { ServiceModule, Surroundings } from '@kakilima/kit/service'

export type ReadyService = { service: ServiceModule; config: ServerSettings; logger: Logger }

/** Leaves enough of the ten seconds that a stop may take for the database to stop in order. */
const longestCloseMs = 6000

export type RunningServices = { ports: number[]; close: () => Promise<void> }

/** Starts services side by side. Where one fails, the others are closed again and its error is thrown. */
export async function startServices(ready: ReadyService[], surroundings: Surroundings = {}): Promise<RunningServices> {
  const starts = await Promise.allSettled(
    ready.map(({ service, config, logger }) => service.start(config, logger, surroundings)),
  )
  // Closes the last first: payment calls order, and order calls inventory and user, so each can finish what it is at.
  const running = new AsyncDisposableStack()
  const ports: number[] = []
  for (const start of starts) {
    if (start.status === 'rejected') continue
    running.defer(start.value.close)
    ports.push(start.value.port)
  }
  const failed = starts.find((start) => start.status === 'rejected')
  if (failed === undefined) return { ports, close: () => closeWithinLimit(running) }
  await closeWithinLimit(running)
  throw failed.reason
}

async function closeWithinLimit(running: AsyncDisposableStack): Promise<void> {
  const limit = sleep(longestCloseMs, 'late', { ref: false })
  if ((await Promise.race([running.disposeAsync(), limit])) === 'late')
    throw new Error(`A request did not end within ${longestCloseMs / 1000} s and was cut off.`)
}
