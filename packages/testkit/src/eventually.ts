import { vi } from 'vitest'
import { longestWaitMs } from './patience.ts'

/** Checks again and again until that does not throw any more. Returns what it returns; throws its last error when it never comes so far. */
export async function eventually<T>(check: () => T | Promise<T>, intervalMs = 10): Promise<T> {
  return vi.waitFor(check, { timeout: longestWaitMs, interval: intervalMs })
}
