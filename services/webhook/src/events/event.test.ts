import type { ShopEvent } from '@kakilima/contracts/events'
import { expect, test } from 'vitest'
import { eventIdOf, subjectOf, withoutOutdatedStock } from './event.ts'

const event = (id: number, type: ShopEvent['type'], subject_id: number): ShopEvent => ({
  id,
  type,
  subject_id,
  version: id,
  occurred_at: '2026-11-22T08:00:00.000Z',
  data: {},
})

test('of the stock of one product only the latest is left, and of all else everything', () => {
  const events = [
    event(1, 'stock.changed', 5),
    event(2, 'product.updated', 5),
    event(3, 'stock.changed', 6),
    event(4, 'stock.changed', 5),
    event(5, 'product.updated', 5),
  ]
  expect(withoutOutdatedStock(events).map(({ id }) => id)).toEqual([2, 3, 4, 5])
})

test('events of three services have ids and subjects of their own', () => {
  expect([eventIdOf('inventory', 7), eventIdOf('order', 7)]).toEqual(['inventory-7', 'order-7'])
  expect([subjectOf('inventory', 5), subjectOf('order', 5), subjectOf('payment', 5)]).toEqual([
    'product:5',
    'order:5',
    'payment:5',
  ])
})
