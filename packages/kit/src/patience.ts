import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from './logger.ts'

/** How long a start waits for what it needs, and whom it tells what it waits for. */
export type Patience = {
  forMs: number
  tell: (sentence: string) => void
  /** Ends the waiting: `AbortError` is thrown. */
  stopping?: AbortSignal
}

/** What a service has, while it starts, for what it works with. */
export function startPatience(logger: Logger): Patience {
  return { forMs: 60_000, tell: (sentence) => logger.warn(sentence) }
}

/** For whoever wants to know at once. */
export const noPatience: Patience = { forMs: 0, tell: () => undefined }

const pauseMs = 500
const tellEveryMs = 5000

/**
 * Does something that needs a server which may still be starting, or a machine that has much else to do: tries again while what it throws
 * says that the server is away, and tells every few seconds what it waits for. What waiting cannot mend is thrown at once, and so is the
 * last failure once patience is over. The work must do no harm when it is done again.
 *
 * @example
 * await withPatience({ forMs: 60_000, tell: console.log }, 'the database shop', isDatabaseAway, () => migrate(db))
 */
export async function withPatience<T>(
  { forMs, tell, stopping }: Patience,
  what: string,
  isAway: (error: unknown) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  const begun = performance.now()
  let toldAt = begun
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const now = performance.now()
      if (!isAway(error) || now - begun >= forMs) throw error
      if (now - toldAt >= tellEveryMs || toldAt === begun) {
        toldAt = now
        tell(`Waiting for ${what} (${Math.ceil((forMs - (now - begun)) / 1000)} s more at most): ${sentenceOf(error)}`)
      }
      await sleep(pauseMs, undefined, { ...(stopping && { signal: stopping }) })
    }
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return sentenceOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
