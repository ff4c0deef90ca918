/** Which numbers of a sequence a reader has seen, and which it still waits for. */
export type Gaps = {
  highest: () => number
  /** Numbers below the highest that were not seen yet. */
  missing: () => number[]
  /**
   * Notes numbers that were seen, in any order. Call it after asking for all that is missing, not before: it also gives up. `askedAt` says
   * when that was (by `performance.now()`), for whoever may stand still between question and answer: what was committed meanwhile is
   * asked for once more.
   */
  note: (numbers: number[], askedAt?: number) => void
  /** Goes on from somewhere else, as another reader has left it. What was missing before and still is keeps its time. */
  moveTo: (position: { after: number; missing: number[] }) => void
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
  let highest = 0
  let waited = new Map<number, number>()

  function moveTo(position: { after: number; missing: number[] }): void {
    const before = waited
    const until = performance.now() + missingMs
    highest = position.after
    waited = new Map(position.missing.map((number) => [number, before.get(number) ?? until]))
  }

  moveTo({ after, missing })
  return {
    highest: () => highest,
    missing: () => [...waited.keys()],
    moveTo,
    note(numbers, askedAt = performance.now()) {
      const now = performance.now()
      for (const number of numbers) {
        waited.delete(number)
        for (let gap = highest + 1; gap < number; gap++) waited.set(gap, now + missingMs)
        highest = Math.max(highest, number)
      }
      for (const [number, until] of waited) if (until < askedAt) waited.delete(number)
    },
  }
}
