import { expect, test } from 'vitest'
import { addressOf } from './address.ts'
import { nextOf } from './paging.ts'

test.each([
  ['/orders', {}, '/orders'],
  ['/orders/:id/notes/:note_id', { params: { id: 7, note_id: 8 } }, '/orders/7/notes/8'],
  ['/readers/:name', { params: { name: 'a/b?c' } }, '/readers/a%2Fb%3Fc'],
  ['/orders', { query: { limit: 20, before: undefined, search: 'a&b=ü' } }, '/orders?limit=20&search=a%26b%3D%C3%BC'],
  ['/orders', { query: { ids: '1,2,3', is_late: false } }, '/orders?ids=1,2,3&is_late=false'],
])('%s with %j is at %s', (path, values, address) => {
  expect(addressOf(path, values)).toBe(address)
})

test.each([
  ['</orders?limit=2&after=3>; rel="next"', 'after', { after: 3 }],
  ['</desk/orders?sort=oldest&after=3>; rel="next"', ['before', 'after'], { after: 3 }],
  ['</products?cursor=a%3D1&after=3>; rel="next"', 'cursor', { cursor: 'a=1' }],
  // As it came, or it would be another one.
  ['</products?cursor=0012>; rel="next"', 'cursor', { cursor: '0012' }],
  ['</products?cursor=9007199254740993>; rel="next"', 'cursor', { cursor: '9007199254740993' }],
  [undefined, 'after', undefined],
] as const)('behind %s begins, paged by %j, %j', (link, page, next) => {
  expect(nextOf(link, page)).toEqual(next)
})
