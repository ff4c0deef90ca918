import { setTimeout as sleep } from 'node:timers/promises'

export type KeptRunning = {
  /** Ends the watch. A restart in progress is waited for. */
  stop: () => Promise<void>
}

export type WatchedServer = {
  isRunning: () => boolean
  /** Starts it again where it was, and throws where it cannot be started. */
  restart: () => Promise<void>
  /** Told that it is away and is being started, of each start that fails with the pause until the next one, and that it is back. */
  onAway: () => void
  onFailure: (error: unknown, pauseMs: number) => void
  onBack: () => void
  /** Told once that no more starts are tried. */
  onGivenUp: (error: unknown) => void
}

const lookEveryMs = 1000
const mostFailures = 10
/** They add up to nine minutes: a full disk is mostly seen to within that time. */
const pausesMs = Array.from({ length: mostFailures - 1 }, (_, failure) => 1000 * 2 ** failure)
/** One that ends sooner than this has not started. */
const steadyMs = 5000

/**
 * Starts a server again whenever it has ended: at once, and after a start that failed with pauses that grow. A server that ends a moment
 * after its start has failed to start. After ten failures in a row nothing more is tried.
 */
export function keepRunning(
  server: WatchedServer,
  { pauses = pausesMs, everyMs = lookEveryMs, steady = steadyMs } = {},
): KeptRunning {
  const stopping = new AbortController()
  const rest = (ms: number) => sleep(ms, undefined, { signal: stopping.signal, ref: false })

  async function watch(): Promise<void> {
    let failures = 0
    for (;;) {
      const startedAt = performance.now()
      while (server.isRunning()) await rest(everyMs)
      const wasSteady = performance.now() - startedAt >= steady
      if (wasSteady) failures = 0
      let failure: unknown = wasSteady ? undefined : new Error('it ended right after its start')
      server.onAway()
      for (let isBack = false; !isBack;) {
        if (failure !== undefined) {
          const pauseMs = pauses[failures++]
          if (pauseMs === undefined) return server.onGivenUp(failure)
          server.onFailure(failure, pauseMs)
          await rest(pauseMs)
        }
        try {
          await server.restart()
          isBack = true
        } catch (error) {
          stopping.signal.throwIfAborted()
          failure = error
        }
      }
      server.onBack()
    }
  }

  const watching = watch().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error
  })
  return {
    stop: async () => {
      stopping.abort()
      await watching
    },
  }
}
