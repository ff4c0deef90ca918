import type { OrderToDecide } from '@kakilima/contracts/inventory'
import { maxTotal } from '@kakilima/contracts/money'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide, mergeLines, type OrderableProduct } from './reservation.ts'

const coffee = { id: 1, name: 'Kopi susu', price: 18_000, available: 5 }
const cake = { id: 2, name: 'Klepon', price: 2500, available: 10 }
const gold = { id: 3, name: 'Emas', price: 1_000_000_000_000, available: 100_000 }
const products = [coffee, cake, gold]

type Lines = [productId: number, quantity: number][]

function orderOf(order_id: number, lines: Lines): OrderToDecide {
  return { order_id, lines: lines.map(([product_id, quantity]) => ({ product_id, quantity })) }
}

function outcomes(...orders: Lines[]): string[] {
  const { decisions } = decide(
    orders.map((lines, index) => orderOf(index + 1, lines)),
    products,
  )
  return decisions.map(({ state, reason }) => reason ?? state)
}

describe('decide', () => {
  test('an order that can be had is reserved with the names and prices of this moment', () => {
    const { decisions, reservedUnits } = decide(
      [
        orderOf(9, [
          [2, 3],
          [1, 5],
        ]),
      ],
      products,
    )
    expect(decisions).toEqual([
      {
        order_id: 9,
        state: 'reserved',
        reason: null,
        lines: [
          { product_id: 2, name: 'Klepon', unit_price: 2500, quantity: 3 },
          { product_id: 1, name: 'Kopi susu', unit_price: 18_000, quantity: 5 },
        ],
        shortages: [],
      },
    ])
    expect([...reservedUnits]).toEqual([
      [2, 3],
      [1, 5],
    ])
  })

  const cases: { name: string; orders: Lines[]; expected: string[] }[] = [
    { name: 'the last units go', orders: [[[1, 5]]], expected: ['reserved'] },
    { name: 'one unit more than there is', orders: [[[1, 6]]], expected: ['insufficient-stock'] },
    {
      name: 'what one order takes is gone for the next',
      orders: [[[1, 3]], [[1, 3]], [[1, 2]]],
      expected: ['reserved', 'insufficient-stock', 'reserved'],
    },
    {
      name: 'an order that is short of one line takes nothing of the others',
      orders: [
        [
          [2, 10],
          [1, 6],
        ],
        [[2, 10]],
      ],
      expected: ['insufficient-stock', 'reserved'],
    },
    {
      name: 'a product that cannot be ordered',
      orders: [
        [
          [1, 1],
          [99, 1],
        ],
        [[1, 5]],
      ],
      expected: ['product-not-found', 'reserved'],
    },
    {
      name: 'a product that cannot be ordered weighs more than a shortage',
      orders: [
        [
          [1, 6],
          [99, 1],
        ],
      ],
      expected: ['product-not-found'],
    },
    { name: 'the largest total', orders: [[[3, 9000]]], expected: ['reserved'] },
    {
      name: 'a rupiah more than the largest total',
      orders: [
        [
          [3, 9000],
          [2, 1],
        ],
        [[3, 1]],
      ],
      expected: ['total-too-large', 'reserved'],
    },
    { name: 'no order at all', orders: [], expected: [] },
  ]
  test.each(cases)('$name: $expected', ({ orders, expected }) => {
    expect(outcomes(...orders)).toEqual(expected)
  })

  test('a rejection names every shortage with what was left at that moment', () => {
    const { decisions } = decide(
      [
        orderOf(1, [[1, 2]]),
        orderOf(2, [
          [1, 4],
          [2, 1],
          [99, 7],
        ]),
      ],
      products,
    )
    expect(decisions[1]).toEqual({
      order_id: 2,
      state: 'rejected',
      reason: 'product-not-found',
      lines: [
        { product_id: 1, name: 'Kopi susu', unit_price: 18_000, quantity: 4 },
        { product_id: 2, name: 'Klepon', unit_price: 2500, quantity: 1 },
        { product_id: 99, name: '', unit_price: 0, quantity: 7 },
      ],
      shortages: [
        { product_id: 1, requested: 4, available: 3 },
        { product_id: 99, requested: 7, available: 0 },
      ],
    })
  })

  const someProducts = fc.uniqueArray(
    fc.record({
      id: fc.integer({ min: 1, max: 6 }),
      name: fc.constant('a'),
      price: fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.constant(1_000_000_000_000)),
      available: fc.integer({ min: 0, max: 20 }),
    }),
    { selector: (product) => product.id },
  )
  const someLines = fc
    .array(fc.record({ product_id: fc.integer({ min: 1, max: 7 }), quantity: fc.integer({ min: 1, max: 12 }) }), {
      minLength: 1,
      maxLength: 5,
    })
    .map(mergeLines)
  const someOrders = fc
    .array(someLines, { maxLength: 12 })
    .map((orders) => orders.map((lines, index) => ({ order_id: index + 1, lines })))

  function check(property: (orders: OrderToDecide[], known: OrderableProduct[]) => void): void {
    fc.assert(fc.property(someOrders, someProducts, property), { numRuns: 300 })
  }

  test('never promises more of a product than is available, and counts what it promises', () => {
    check((orders, known) => {
      const { decisions, reservedUnits } = decide(orders, known)
      const promised = new Map<number, number>()
      for (const line of decisions.flatMap(({ state, lines }) => (state === 'reserved' ? lines : []))) {
        promised.set(line.product_id, (promised.get(line.product_id) ?? 0) + line.quantity)
      }
      expect(reservedUnits).toEqual(promised)
      for (const [id, units] of promised) {
        expect(units).toBeLessThanOrEqual(known.find((product) => product.id === id)!.available)
      }
    })
  })

  test('each order is all or nothing by what the orders before it left', () => {
    check((orders, known) => {
      const { decisions } = decide(orders, known)
      const left = new Map(known.map((product) => [product.id, product.available]))
      expect(decisions.map((decision) => decision.order_id)).toEqual(orders.map((order) => order.order_id))
      for (const [index, { lines }] of orders.entries()) {
        const decision = decisions[index]!
        expect(decision.lines.map(({ product_id, quantity }) => ({ product_id, quantity }))).toEqual(lines)
        const fits = lines.every((line) => (left.get(line.product_id) ?? 0) >= line.quantity)
        const total = decision.lines.reduce((sum, line) => sum + BigInt(line.unit_price * line.quantity), 0n)
        expect(decision.state).toBe(fits && total <= BigInt(maxTotal) ? 'reserved' : 'rejected')
        expect(decision.reason === null).toBe(decision.state === 'reserved')
        if (decision.state === 'rejected') continue
        for (const line of lines) left.set(line.product_id, left.get(line.product_id)! - line.quantity)
      }
    })
  })

  test('what comes later never changes what was decided before', () => {
    check((orders, known) => {
      const { decisions } = decide(orders, known)
      for (let count = 0; count < orders.length; count++) {
        expect(decide(orders.slice(0, count), known).decisions).toEqual(decisions.slice(0, count))
      }
    })
  })
})

describe('mergeLines', () => {
  test('the same product on two lines counts together, in the order in which products were first named', () => {
    const lines = orderOf(1, [
      [5, 1],
      [3, 2],
      [5, 4],
    ]).lines
    expect(mergeLines(lines)).toEqual([
      { product_id: 5, quantity: 5 },
      { product_id: 3, quantity: 2 },
    ])
    expect(lines[0]).toEqual({ product_id: 5, quantity: 1 })
  })

  test('units are neither lost nor made', () => {
    const lines = fc.array(
      fc.record({ product_id: fc.integer({ min: 1, max: 5 }), quantity: fc.integer({ min: 1, max: 9 }) }),
    )
    fc.assert(
      fc.property(lines, (given) => {
        const merged = mergeLines(given)
        const ids = merged.map((line) => line.product_id)
        expect(ids).toEqual([...new Set(given.map((line) => line.product_id))])
        for (const { product_id, quantity } of merged) {
          const units = given.filter((line) => line.product_id === product_id).map((line) => line.quantity)
          expect(quantity).toBe(units.reduce((sum, unit) => sum + unit, 0))
        }
      }),
      { numRuns: 200 },
    )
  })
})
