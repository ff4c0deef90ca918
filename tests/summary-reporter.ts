import type { Reporter, TestModule } from 'vitest/node'

const shownFiles = 10

/** The files that took longest, from their start to their end, one line each. Where the time of a run goes is seen by them. */
function slowest(modules: readonly TestModule[]): string[] {
  const files = modules.map((module) => {
    const { prepareDuration, collectDuration, setupDuration, duration } = module.diagnostic()
    return {
      name: module.relativeModuleId,
      seconds: (prepareDuration + collectDuration + setupDuration + duration) / 1000,
    }
  })
  const sorted = files.toSorted((one, other) => other.seconds - one.seconds).slice(0, shownFiles)
  return sorted.map(({ name, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${name}`)
}

/** Prints the slowest files of a long run, and the plain line that machines read after a run: `N passed, N failed, N skipped`. A file that fails to load counts as failed. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed++
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'pending') counts.failed++
        else counts[state]++
      }
    }
    const slow = modules.length > shownFiles ? slowest(modules) : []
    // On a line of its own, after the tables of the other reporters.
    process.on('exit', () => {
      for (const line of slow) console.log(line)
      console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
    })
  }
}
