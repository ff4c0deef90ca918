import fc from 'fast-check'
import Value from 'typebox/value'
import { expect, test } from 'vitest'
import { Id, IdsText, parseIds } from './ids.ts'

test('ids that were joined with commas come apart as they were, each once', () => {
  const ids = fc.array(fc.integer({ min: 1, max: 999_999_999_999_999 }), { minLength: 1, maxLength: 1000 })
  fc.assert(
    fc.property(ids, (list) => {
      const text = list.join(',')
      expect(Value.Check(IdsText, text)).toBe(true)
      expect(parseIds(text)).toEqual([...new Set(list)])
    }),
    { numRuns: 50 },
  )
})

test('whatever the schema lets through comes apart into ids', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[1-9]\d{0,15}(,[1-9]\d{0,15}){0,20}$/), (text) => {
      expect(Value.Check(IdsText, text)).toBe(true)
      for (const id of parseIds(text)) expect(Value.Check(Id, id)).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test('ids that JavaScript cannot hold exactly fall away', () => {
  expect(parseIds('9007199254740991,9007199254740992,9999999999999999,7')).toEqual([9007199254740991, 7])
})

test.each([[''], ['0'], ['-1'], ['1,'], [',1'], ['1,,2'], ['1 ,2'], ['1.5'], ['1e3'], ['01'], ['12345678901234567']])(
  '%j is no list of ids',
  (text) => {
    expect(Value.Check(IdsText, text)).toBe(false)
  },
)

test('a list of ids holds a thousand and no more', () => {
  expect(Value.Check(IdsText, Array(1000).fill('1').join(','))).toBe(true)
  expect(Value.Check(IdsText, Array(1001).fill('1').join(','))).toBe(false)
})

test.each([[0], [-1], [1.5], [2 ** 53], ['1'], [null]])('%j is no id', (value) => {
  expect(Value.Check(Id, value)).toBe(false)
})
