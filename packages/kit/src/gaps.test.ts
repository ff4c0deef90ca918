import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createGaps } from './gaps.ts'

const missingMs = 60_000

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

test('numbers that come one after the other leave no gap', () => {
  const gaps = createGaps({ after: 4, missingMs })
  gaps.note([5, 6])
  gaps.note([])
  gaps.note([7])
  expect([gaps.highest(), gaps.missing()]).toEqual([7, []])
})

test('what was stepped over is missing until it comes', () => {
  const gaps = createGaps({ after: 4, missingMs })
  gaps.note([6, 9])
  expect([gaps.highest(), gaps.missing()]).toEqual([9, [5, 7, 8]])
  gaps.note([7, 10])
  expect([gaps.highest(), gaps.missing()]).toEqual([10, [5, 8]])
  gaps.note([5, 8])
  expect(gaps.missing()).toEqual([])
})

test('a number that stays away for longer than any write may take is given up, the younger gaps are not', () => {
  const gaps = createGaps({ after: 10, missing: [7], missingMs })
  gaps.note([12])
  vi.advanceTimersByTime(missingMs / 2)
  gaps.note([14])
  vi.advanceTimersByTime(missingMs / 2 + 1)
  expect(gaps.missing(), 'asked for once more when their time is over').toEqual([7, 11, 13])
  gaps.note([])
  expect(gaps.missing()).toEqual([13])
  gaps.note([11])
  expect([gaps.highest(), gaps.missing()], 'what comes after all is no new gap').toEqual([14, [13]])
})

test('what a reader begins with as missing is looked for, too', () => {
  const gaps = createGaps({ after: 10, missing: [3, 8], missingMs })
  expect([gaps.highest(), gaps.missing()]).toEqual([10, [3, 8]])
  gaps.note([8])
  expect([gaps.highest(), gaps.missing()]).toEqual([10, [3]])
})

test('in whatever order numbers come, each is seen or missing', () => {
  const pages = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { maxLength: 10 }), { maxLength: 10 })
  fc.assert(
    fc.property(pages, (seen) => {
      const gaps = createGaps({ after: 0, missingMs })
      for (const page of seen) gaps.note(page)
      const known = new Set(seen.flat())
      const highest = Math.max(0, ...known)
      const expected = Array.from({ length: highest }, (_, index) => index + 1).filter((number) => !known.has(number))
      expect(gaps.highest()).toBe(highest)
      expect(gaps.missing().toSorted((one, other) => one - other)).toEqual(expected)
    }),
  )
})
