import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGaps, numbersIn, rangesOf } from './gaps.ts'

test('numbers that come one after the other leave no gap', () => {
  const gaps = createGaps({ after: 4 })
  gaps.note([5, 6])
  gaps.note([])
  gaps.note([7])
  expect([gaps.highest(), gaps.missing()]).toEqual([7, []])
})

test('what was stepped over is missing until it comes', () => {
  const gaps = createGaps({ after: 4 })
  gaps.note([6, 12])
  expect([gaps.highest(), gaps.missing()]).toEqual([
    12,
    [
      [5, 5],
      [7, 11],
    ],
  ])
  gaps.note([9, 13])
  expect(gaps.missing()).toEqual([
    [5, 5],
    [7, 8],
    [10, 11],
  ])
  gaps.note([5, 7, 11, 8, 10])
  expect([gaps.highest(), gaps.missing()]).toEqual([13, []])
})

test('what can never come is given up, and what is behind it is not', () => {
  const gaps = createGaps({
    after: 20,
    missing: [
      [3, 8],
      [15, 15],
    ],
  })
  gaps.giveUp(5)
  expect(gaps.missing()).toEqual([
    [6, 8],
    [15, 15],
  ])
  gaps.giveUp(14)
  expect([gaps.highest(), gaps.missing()]).toEqual([20, [[15, 15]]])
  gaps.giveUp(100)
  expect([gaps.highest(), gaps.missing()]).toEqual([20, []])
})

test('a jump of a sequence is one gap, however far it goes', () => {
  const gaps = createGaps({ after: 1 })
  gaps.note([1_000_000_000])
  expect(gaps.missing()).toEqual([[2, 999_999_999]])
  gaps.giveUp(999_999_999)
  expect(gaps.missing()).toEqual([])
})

test('a reader that goes on from where another one has come takes over what is missing there', () => {
  const gaps = createGaps({ after: 10, missing: [[3, 3]] })
  gaps.moveTo({ after: 20, missing: [[7, 7]] })
  expect([gaps.highest(), gaps.missing()]).toEqual([20, [[7, 7]]])
})

test('ranges and their numbers are the same, as far as anybody wants to know', () => {
  const numbers = [1, 2, 3, 7, 9, 10]
  expect(rangesOf(numbers)).toEqual([
    [1, 3],
    [7, 7],
    [9, 10],
  ])
  expect(numbersIn(rangesOf(numbers), Infinity)).toEqual(numbers)
  expect(numbersIn(rangesOf(numbers), 4)).toEqual([1, 2, 3, 7])
})

test('in whatever order numbers come, each is seen, missing or given up', () => {
  const page = fc.record({
    seen: fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { maxLength: 10 }),
    givenUp: fc.integer({ min: 0, max: 50 }),
  })
  fc.assert(
    fc.property(fc.array(page, { maxLength: 10 }), (pages) => {
      const gaps = createGaps({ after: 0 })
      const missing = new Set<number>()
      let highest = 0
      for (const { seen, givenUp } of pages) {
        gaps.note(seen)
        for (; highest < Math.max(0, ...seen); highest++) missing.add(highest + 1)
        for (const number of seen) missing.delete(number)
        gaps.giveUp(givenUp)
        for (const number of missing) if (number <= givenUp) missing.delete(number)
      }
      expect(gaps.highest()).toBe(highest)
      expect(numbersIn(gaps.missing(), Infinity)).toEqual([...missing].toSorted((one, other) => one - other))
    }),
  )
})
