import fc from 'fast-check'
import Value from 'typebox/value'
import { expect, test } from 'vitest'
import { Name, text } from './text.ts'

const oneToTwoHundred = (name: string) => {
  const { length } = Array.from(name.trim())
  return length >= 1 && length <= 200
}

test('a name is whatever has 1 to 200 characters after trimming', () => {
  const words = fc.string({ maxLength: 250, unit: 'binary' }).filter((word) => !word.includes('\0'))
  const spaces = fc.stringMatching(/^[ \t\n\u00a0]{0,5}$/)
  fc.assert(
    fc.property(spaces, words, spaces, (before, word, after) => {
      const name = before + word + after
      expect(Value.Check(Name, name)).toBe(oneToTwoHundred(name))
    }),
    { numRuns: 200 },
  )
})

test.each([
  ['a', true],
  ['  Kopi susu  ', true],
  ['x'.repeat(200), true],
  [' '.repeat(400) + 'x'.repeat(200) + ' '.repeat(400), true],
  ['🥭'.repeat(200), true],
  ['', false],
  ['   ', false],
  ['\n\t', false],
  ['x'.repeat(201), false],
  ['🥭'.repeat(201), false],
  [`x${' '.repeat(199)}x`, false],
  ['a\0b', false],
  ['\0', false],
  [' '.repeat(1001), false],
])('the name %j: %s', (name, isName) => {
  expect(Value.Check(Name, name)).toBe(isName)
})

test('a name full of spaces is judged at once', () => {
  const startedAt = performance.now()
  expect(Value.Check(Name, `x${' '.repeat(998)}\0`)).toBe(false)
  expect(performance.now() - startedAt).toBeLessThan(500)
})

test('free text has a limit, and no NUL, which PostgreSQL cannot store', () => {
  expect(Value.Check(text(3), '')).toBe(true)
  expect(Value.Check(text(3), 'abc')).toBe(true)
  expect(Value.Check(text(3), 'abcd')).toBe(false)
  expect(Value.Check(text(3), 'a\0b')).toBe(false)
})
