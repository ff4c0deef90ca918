import { expect, test } from 'vitest'
import { hashOf } from './idempotency.ts'
import { readQueuedBody, toQueuedBody } from './order-body.ts'
import type { QueuedBody } from './queue.ts'

const lines = [
  { product_id: 3, quantity: 2 },
  { product_id: 1, quantity: 5 },
]
const hash = (body: QueuedBody) => hashOf({ userId: 7, body, idempotencyKey: 'k' })

test('what is put in is what is taken out', () => {
  expect(readQueuedBody(toQueuedBody({ lines }))).toEqual({ lines })
})

test('bodies of version 1, as PostgreSQL and as Redis kept them, are read', () => {
  expect(readQueuedBody(lines as unknown as QueuedBody)).toEqual({ lines })
  const pairs = lines.map((line) => [line.product_id, line.quantity])
  expect(readQueuedBody(pairs as unknown as QueuedBody)).toEqual({ lines })
})

test('a body of a version that is not known yet is refused by a sentence', () => {
  expect(() => readQueuedBody({ version: 3, lines: [] })).toThrow('cannot read an order of version 3')
})

test('a retry is known across an upgrade: lines alone have the fingerprint that they always had', () => {
  expect(hash(toQueuedBody({ lines }))).toBe('_S1GffAXMr5onB6x-YTIuQbKG2jmdXBiNOJNhqgiBok')
})

test('the fingerprint covers all that is asked for, and not the version', () => {
  const body = toQueuedBody({ lines })
  const all = [
    body,
    { ...body, note: 'a' },
    { ...body, note: 'b' },
    { ...body, code: 'a' },
    { ...body, lines: [[3, 3]] },
  ]
  expect(new Set(all.map(hash)).size).toBe(all.length)
  expect(hash({ ...body, version: 9 })).toBe(hash(body))
})
