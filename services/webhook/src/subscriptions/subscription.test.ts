import { eventTypes } from '@kakilima/contracts/events'
import { expect, test } from 'vitest'
import { sourcesOf, wants } from './subscription.ts'

const wanted = (patterns: string[]) => eventTypes.filter((type) => wants(patterns, type))

test('a pattern takes in its type, its family or all', () => {
  expect(wanted(['stock.changed'])).toEqual(['stock.changed'])
  expect(wanted(['product.*', 'stock.changed'])).toEqual([
    'product.created',
    'product.updated',
    'product.deleted',
    'stock.changed',
  ])
  expect(wanted(['*'])).toHaveLength(15)
  expect(wanted([])).toEqual([])
})

test('steps on the way are nobody’s', () => {
  for (const step of ['order.confirming', 'payment.opened', 'payment.received'] as const)
    for (const pattern of ['*', 'order.*', 'payment.*', step]) expect(wants([pattern], step)).toBe(false)
})

test('only the services are followed whose events are wanted', () => {
  expect(sourcesOf(['product.*', 'stock.changed'])).toEqual(['inventory'])
  expect(sourcesOf(['order.paid', 'payment.refunded'])).toEqual(['order', 'payment'])
  expect(sourcesOf(['*'])).toEqual(['inventory', 'order', 'payment'])
  expect(sourcesOf([])).toEqual([])
})
