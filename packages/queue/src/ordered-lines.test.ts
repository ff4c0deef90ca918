import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orderedLines } from './ordered-lines.ts'

const invalid = { type: 'invalid-input', status: 422 }

test('one product of a client that knows one product per order is one line, of one unit unless it says more', () => {
  expect(orderedLines({ product_id: 5 })).toEqual([{ product_id: 5, quantity: 1 }])
  expect(orderedLines({ product_id: 5, quantity: 3 })).toEqual([{ product_id: 5, quantity: 3 }])
})

test('items win over a product that is named beside them', () => {
  const items = [{ product_id: 1, quantity: 2 }]
  expect(orderedLines({ items, product_id: 5, quantity: 9 })).toEqual(items)
})

test('neither items nor a product is refused', () => {
  expect(() => orderedLines({})).toThrow(
    expect.objectContaining({ ...invalid, message: 'body.items is missing, and so is product_id' }),
  )
  expect(() => orderedLines({ quantity: 3 })).toThrow(expect.objectContaining(invalid))
})

test('the same product on several lines may come to a thousand units and no more', () => {
  const line = { product_id: 5, quantity: 500 }
  expect(orderedLines({ items: [line, line] })).toEqual([{ product_id: 5, quantity: 1000 }])
  expect(() => orderedLines({ items: [line, { product_id: 5, quantity: 501 }] })).toThrow(
    expect.objectContaining({
      ...invalid,
      message: 'body.items has 1001 units of product 5, and 1000 are the most',
      extensions: { errors: [{ pointer: '/items', detail: 'has 1001 units of product 5, and 1000 are the most' }] },
    }),
  )
})

test('each product is on one line, where it was first named, with all its units', () => {
  const items = fc.array(
    fc.record({ product_id: fc.integer({ min: 1, max: 8 }), quantity: fc.integer({ min: 1, max: 10 }) }),
    { minLength: 1, maxLength: 100 },
  )
  fc.assert(
    fc.property(items, (given) => {
      const lines = orderedLines({ items: given })
      expect(lines.map((line) => line.product_id)).toEqual([...new Set(given.map((line) => line.product_id))])
      for (const { product_id, quantity } of lines) {
        const same = given.filter((line) => line.product_id === product_id)
        expect(quantity).toBe(same.reduce((sum, line) => sum + line.quantity, 0))
      }
    }),
    { numRuns: 200 },
  )
})
