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

test('what a reader asked for before its time was over is asked for once more, however late the answer comes', () => {
  const gaps = createGaps({ after: 10, missing: [7], missingMs })
  const askedAt = performance.now()
  vi.advanceTimersByTime(2 * missingMs)
  gaps.note([11], askedAt)
  expect(gaps.missing()).toEqual([7])
  gaps.note([], performance.now())
  expect(gaps.missing()).toEqual([])
})

test('a reader that goes on from where another one has come waits no longer for what it waits for already', () => {
  const gaps = createGaps({ after: 10, missing: [3, 7], missingMs })
  vi.advanceTimersByTime(missingMs / 2)
  gaps.moveTo({ after: 20, missing: [7, 15] })
  expect([gaps.highest(), gaps.missing()]).toEqual([20, [7, 15]])
  vi.advanceTimersByTime(missingMs / 2 + 1)
  gaps.note([])
  expect(gaps.missing()).toEqual([15])
  gaps.moveTo({ after: 5, missing: [] })
  expect([gaps.highest(), gaps.missing()]).toEqual([5, []])
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
