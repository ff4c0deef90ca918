import { expect, test } from 'vitest'
import { normalizePhone } from './phone.ts'

test.each([
  ['081234567890', '+6281234567890'],
  ['81234567890', '+6281234567890'],
  ['6281234567890', '+6281234567890'],
  ['+6281234567890', '+6281234567890'],
  [' 0812-3456-7890 ', '+6281234567890'],
  ['+62 812 3456 7890', '+6281234567890'],
  ['(0812) 34567890', '+6281234567890'],
  ['021 5550123', '+62215550123'],
  ['+65 6123 4567', '+6561234567'],
])('%j is the number %s', (text, expected) => {
  expect(normalizePhone(text)).toBe(expected)
})

test.each([[''], ['   '], ['abc'], ['12'], ['+'], ['08'], ['0812345678901234567890'], ['call me'], ['-1']])(
  '%j holds no plausible number',
  (text) => {
    expect(normalizePhone(text)).toBeUndefined()
  },
)
