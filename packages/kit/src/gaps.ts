/** Whole numbers from the first to the last, both among them. */
export type NumberRange = [first: number, last: number]

/** Which numbers of a sequence a reader has seen, and which it still waits for. */
export type Gaps = {
  highest: () => number
  /** Numbers below the highest that were not seen yet, in ascending order. */
  missing: () => NumberRange[]
  /** Notes numbers that were seen, in any order. */
  note: (numbers: number[]) => void
  /** Gives up what is missing up to this number: it can never appear any more. See `watchWriters`. */
  giveUp: (upTo: number) => void
  /** Goes on from somewhere else, as another reader has left it. */
  moveTo: (position: { after: number; missing: NumberRange[] }) => void
}

/**
 * Keeps book for a reader of rows that are numbered by a sequence. Numbers are given out before their rows commit, so a later one can be
 * seen first, and "greater than the highest" alone would miss the earlier one for ever. A number whose write failed never comes: whether
 * one may still come is for the database to say, never for a clock, since a write can stand still for as long as it likes.
 */
export function createGaps(position: { after: number; missing?: NumberRange[] }): Gaps {
  let highest = 0
  let missing: NumberRange[] = []

  function moveTo(to: { after: number; missing: NumberRange[] }): void {
    highest = to.after
    missing = to.missing.map(([first, last]) => [first, last])
  }

  function note(number: number): void {
    if (number > highest) {
      if (number > highest + 1) missing.push([highest + 1, number - 1])
      highest = number
      return
    }
    const index = missing.findIndex(([first, last]) => first <= number && number <= last)
    if (index === -1) return
    const [first, last] = missing[index]!
    const left: NumberRange[] = number > first ? [[first, number - 1]] : []
    const right: NumberRange[] = number < last ? [[number + 1, last]] : []
    missing.splice(index, 1, ...left, ...right)
  }

  moveTo({ missing: [], ...position })
  return {
    highest: () => highest,
    missing: () => missing,
    moveTo,
    note: (numbers) => numbers.forEach(note),
    giveUp(upTo) {
      missing = missing.filter(([, last]) => last > upTo).map(([first, last]) => [Math.max(first, upTo + 1), last])
    },
  }
}

/** The single numbers in ranges, at most `most` of them. */
export function numbersIn(ranges: NumberRange[], most: number): number[] {
  const numbers: number[] = []
  for (const [first, last] of ranges) {
    for (let number = first; number <= last; number++) {
      if (numbers.length === most) return numbers
      numbers.push(number)
    }
  }
  return numbers
}

/** Ranges of numbers that are given in ascending order. */
export function rangesOf(numbers: Iterable<number>): NumberRange[] {
  const ranges: NumberRange[] = []
  for (const number of numbers) {
    const range = ranges.at(-1)
    if (range !== undefined && number === range[1] + 1) range[1] = number
    else ranges.push([number, number])
  }
  return ranges
}
