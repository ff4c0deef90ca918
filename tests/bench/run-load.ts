import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** How long a load lasts: for a time, or until so many requests were sent. A count takes as long as the machine takes. */
export type Span = { seconds: number } | { requests: number }

/** What to send: orders of one line to `maxLines`, from the customers whose tokens these are in turn, each under a key of its own. */
export type Load = {
  port: number
  path: string
  connections: number
  span: Span
  /** How many a second. Without it every connection sends its next request as soon as it has the answer to the last. */
  perSecond?: number
  tokens: string[]
  products: number[]
  maxLines: number
  keyPrefix: string
  /** Reads instead of orders: these paths in turn. */
  gets?: string[]
}

export type LoadResult = {
  /** How many answers had which status. */
  statuses: Record<number, number>
  /** The orders that were accepted. */
  orderIds: number[]
  latenciesMs: number[]
  seconds: number
  cpuSeconds: number
}

/** Runs the load generator in a process of its own. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const child = fork(fileURLToPath(new URL('load.ts', import.meta.url)), { serialization: 'advanced' })
  child.send(load)
  const [result] = (await Promise.race([
    once(child, 'message'),
    // Comes after everything that was sent, unlike the exit.
    once(child, 'disconnect').then(() => {
      throw new Error('the load generator ended without a result')
    }),
  ])) as [LoadResult]
  return result
}
