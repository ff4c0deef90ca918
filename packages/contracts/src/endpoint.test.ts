import Type from 'typebox'
import { expect, test } from 'vitest'
import { endpoints, publicPathOf } from './endpoint.ts'
import { IdPath } from './ids.ts'

const reply = Type.Object({ id: Type.Integer() })
const things = endpoints({
  findThing: { method: 'GET', path: '/things/:id', public: true, summary: 'One thing', params: IdPath, reply },
  exportThings: { method: 'GET', path: '/desk/things/export', public: '/api/v1/things/export', summary: 'All' },
  addThing: { method: 'POST', path: '/things', summary: 'Add', reply, idempotent: false },
})

test('an endpoint has the name of its entry, and cannot be changed', () => {
  expect(things.findThing.name).toBe('findThing')
  expect(() => Object.assign(things.findThing, { path: '/others' })).toThrow(TypeError)
  expect(() => Object.assign(things, { findThing: things.exportThings })).toThrow(TypeError)
})

test('of a write it is said whether it may be repeated; reading always may', () => {
  // @ts-expect-error it is not said
  const { addThing } = endpoints({ addThing: { method: 'POST', path: '/things', summary: 'Add', reply } })
  expect(addThing).not.toHaveProperty('idempotent')
  // @ts-expect-error it is said of reading
  endpoints({ readThing: { method: 'GET', path: '/thing', summary: 'Read', reply, idempotent: false } })
})

test('a path names what its parameters name', () => {
  const declare = (path: `/${string}`) =>
    endpoints({ findThing: { method: 'GET', path, summary: 'One thing', params: IdPath, reply } })
  for (const path of ['/things', '/things/:ids', '/things/:id/parts/:part'] as const)
    expect(() => declare(path), path).toThrow('findThing: path and params name the same things')
})

test('what is public stands below /api/v1, or where it says', () => {
  expect(publicPathOf(things.findThing)).toBe('/api/v1/things/:id')
  expect(publicPathOf(things.exportThings)).toBe('/api/v1/things/export')
  expect(() => publicPathOf(things.addThing)).toThrow('addThing is not public')
})
