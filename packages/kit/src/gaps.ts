/** Which numbers of a sequence a reader has seen, and which it still waits for. */
export type Gaps = {
  highest: () => number
  /** Numbers below the highest that were not seen yet. */
  missing: () => number[]
  /** Notes numbers that were seen, in any order. Call it after asking for all that is missing, not before: it also gives up. */
  note: (numbers: number[]) => void
}

/**
 * Keeps book for a reader of rows that are numbered by a sequence. Numbers are given out before their rows commit, so a later one can be
 * seen first, and "greater than the highest" alone would miss the earlier one for ever. A number that stays away for `missingMs`, which
 * must be longer than any write may take, belongs to a write that failed, and is given up.
 */
export function createGaps({
  after,
  missing = [],
  missingMs,
}: {
  /** The number to begin after. */
  after: number
  /** Numbers up to there that are waited for from the beginning. */
  missing?: number[]
  missingMs: number
}): Gaps {
  let highest = after
  const waited = new Map<number, number>()
  for (const number of missing) waited.set(number, performance.now() + missingMs)

  return {
    highest: () => highest,
    missing: () => [...waited.keys()],
    note(numbers) {
      const now = performance.now()
      for (const number of numbers) {
        waited.delete(number)
        for (let gap = highest + 1; gap < number; gap++) waited.set(gap, now + missingMs)
        highest = Math.max(highest, number)
      }
      for (const [number, until] of waited) if (until < now) waited.delete(number)
    },
  }
}
