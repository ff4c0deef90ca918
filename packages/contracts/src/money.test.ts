import Value from 'typebox/value'
import { expect, test } from 'vitest'
import { formatRupiah, Price } from './money.ts'

test('prices are written as in Indonesia', () => {
  expect(formatRupiah(0)).toBe('Rp0')
  expect(formatRupiah(250_000)).toBe('Rp250.000')
  expect(formatRupiah(9_000_000_000_000_000)).toBe('Rp9.000.000.000.000.000')
})

test.each([
  [0, true],
  [1_000_000_000_000, true],
  [1_000_000_000_001, false],
  [-1, false],
  [0.5, false],
  ['1000', false],
])('the price %j: %s', (price, isPrice) => {
  expect(Value.Check(Price, price)).toBe(isPrice)
})
