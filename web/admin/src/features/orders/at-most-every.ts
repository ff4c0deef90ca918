/**
 * Runs something at once when it is asked for, and while it is asked for again and again, not before `ms` have passed and the last time is
 * over. `run` tells its failures itself.
 */
export function atMostEvery(ms: number, run: () => Promise<void> | void): () => void {
  let isWanted = false
  let isBusy = false

  async function go(): Promise<void> {
    if (isBusy) return
    isBusy = true
    try {
      while (isWanted) {
        isWanted = false
        await Promise.all([run(), new Promise((resolve) => setTimeout(resolve, ms))])
      }
    } finally {
      isBusy = false
    }
  }

  return () => {
    isWanted = true
    void go()
  }
}
