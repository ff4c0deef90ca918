import { expect, test } from 'vitest'
import { isProblem, parseProblem, problem, problemTypes, type ProblemType } from './problems.ts'

test.each(Object.keys(problemTypes) as ProblemType[])('%s is read back out of an answer', (type) => {
  const { title, status } = problemTypes[type]
  const read = parseProblem({
    type: `/problems/${type}`,
    title,
    status,
    detail: 'why',
    instance: 'abc',
    shortages: [1],
  })
  expect(read).toMatchObject({ type, status, message: 'why', extensions: { shortages: [1] } })
  expect(isProblem(read, type)).toBe(true)
})

test.each([
  [null],
  ['order-not-found'],
  [{}],
  [{ type: 5 }],
  [{ type: 'about:blank' }],
  [{ type: '/problems/of-somebody-else' }],
  [{ type: '/problems/toString' }],
  [{ type: '/problems/__proto__' }],
])('%j is no problem of ours', (body) => {
  expect(parseProblem(body)).toBeUndefined()
})

test('a problem is told from other errors and other types', () => {
  const missing = problem('order-not-found')
  expect(missing.message).toBe('Order not found')
  expect(isProblem(missing)).toBe(true)
  expect(isProblem(missing, 'user-not-found', 'order-not-found')).toBe(true)
  expect(isProblem(missing, 'user-not-found')).toBe(false)
  expect(isProblem(new Error('Order not found'))).toBe(false)
})
