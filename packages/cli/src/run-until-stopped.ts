import { once } from 'node:events'

/** A supervisor kills what is not gone after 10 s: better to go a little earlier, and to say so. */
const longestStopMs = 9000
/** npm passes on a signal that the terminal has sent to everybody already: within this time it is the same one. */
const sameSignalMs = 1000

export type Program = {
  /**
   * Starts everything and returns how to stop it. Gives up between two steps when the signal says so, and leaves nothing behind. `giveUp`
   * ends the program later, when something that it cannot do without is gone for good: with a sentence that says so.
   */
  start: (stopping: AbortSignal, giveUp: (sentence: string) => void) => Promise<AsyncDisposable>
  /** Told of an error that nobody caught. The program ends after that. */
  onCrash: (error: unknown) => void
}

/** Runs a program until Ctrl-C, SIGTERM or a crash, stops it in order, and ends the process. Rejects when the start fails. */
export async function runUntilStopped({ start, onCrash }: Program): Promise<void> {
  const stopping = new AbortController()
  let askedAt = 0

  function askToStop(exitCode: number): void {
    if (stopping.signal.aborted) return
    askedAt = performance.now()
    process.exitCode = exitCode
    setTimeout(() => {
      console.error(`Not everything stopped within ${longestStopMs / 1000} s: ending without it.`)
      process.exit(1)
    }, longestStopMs)
    stopping.abort()
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!stopping.signal.aborted) {
        console.log('Stopping: requests in progress are let finish.')
        askToStop(0)
      } else if (performance.now() - askedAt > sameSignalMs) {
        console.log('Stopping already; it takes 9 seconds at most.')
      }
    })
  }
  process.on('uncaughtException', (error) => {
    onCrash(error)
    askToStop(1)
  })

  const stopped = once(stopping.signal, 'abort')
  try {
    const program = await start(stopping.signal, (sentence) => {
      console.error(sentence)
      askToStop(1)
    })
    await stopped
    await program[Symbol.asyncDispose]()
  } catch (error) {
    // A start that was told to give up has done as it was told.
    if (error !== stopping.signal.reason) throw error
  }
  process.exit()
}
