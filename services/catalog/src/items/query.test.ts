import { describe, expect, test } from 'vitest'
import type { DirectusError } from './directus-error.ts'
import { itemFields } from './item.ts'
import { parseItemsQuery, readParameters } from './query.ts'
import { queryLimits } from './query-limits.ts'
import { parseSearchBody } from './search-body.ts'

const parse = (query: string) => parseItemsQuery(readParameters(`/items/products?${query}`), 10_000)
const parseBody = (query: Record<string, unknown>) => parseItemsQuery(query, 10_000)
const filterOf = (filter: unknown) => parseBody({ filter }).filter

/** The status and code of what is thrown. */
function failureOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    const { status, extensions } = error as DirectusError
    return `${status} ${extensions.code}`
  }
  return 'nothing was thrown'
}

const condition = (field: string, asked: object, isNegated = false) => ({
  kind: 'condition',
  field,
  isNegated,
  test: asked,
})

describe('a page', () => {
  test.each([
    ['', { limit: 100, offset: 0 }],
    ['limit=5&offset=10', { limit: 5, offset: 10 }],
    ['limit=5&page=3', { limit: 5, offset: 10 }],
    ['limit=5&page=0', { limit: 5, offset: 0 }],
    ['limit=5&page=2&offset=99', { limit: 5, offset: 5 }],
    ['page=2', { limit: 100, offset: 100 }],
    ['limit=-1', { limit: 10_000, offset: 0 }],
    ['limit=-1&page=2', { limit: 10_000, offset: 0 }],
    ['limit=&offset=&page=', { limit: 0, offset: 0 }],
    ['limit=10000', { limit: 10_000, offset: 0 }],
  ])('with %j', (query, page) => {
    expect(parse(query)).toMatchObject(page)
  })

  test.each([
    'limit=-2',
    'limit=1.5',
    'limit=10001',
    'limit=x',
    'limit=1&limit=2',
    'limit[a]=1',
    'offset=-1',
    'offset=1e20',
    'page=-1',
    'page=9007199254740991&limit=100',
    'page[]=1',
  ])('with %j is refused', (query) => {
    expect(failureOf(() => parse(query))).toBe('400 INVALID_QUERY')
  })

  test('has no more items by default than one answer may hold', () => {
    expect(parseItemsQuery({}, 20)).toMatchObject({ limit: 20 })
  })
})

describe('fields', () => {
  test.each([
    ['', itemFields],
    ['fields=', itemFields],
    ['fields=*', itemFields],
    ['fields=*.*', itemFields],
    ['fields=name, id', ['name', 'id']],
    ['fields[]=id&fields[]=name,price', ['id', 'name', 'price']],
    ['fields=id,id', ['id']],
  ])('by %j', (query, fields) => {
    expect(parse(query).fields).toEqual(fields)
  })

  test('that are none at all stand for the id, as clients that search expect', () => {
    expect(parseBody({ fields: [] }).fields).toEqual(['id'])
  })

  test.each([
    'fields=nope',
    'fields=id,nope',
    'fields=name.nope',
    'fields=__proto__',
    'fields=constructor',
    'sort=nope',
    'sort=-',
    'groupBy=nope',
  ])('by %j are not told apart from those that nobody may see', (query) => {
    expect(failureOf(() => parse(query))).toBe('403 FORBIDDEN')
  })

  test.each([
    'fields[a]=id',
    'fields[0][a]=id',
    'sort=images',
    'groupBy=images',
    `sort=${'id,'.repeat(11)}`,
    `fields=${'id,'.repeat(101)}`,
  ])('by %j are refused', (query) => {
    expect(failureOf(() => parse(query))).toBe('400 INVALID_QUERY')
  })

  test('are sorted by in their order, and fall with a minus', () => {
    expect(parse('sort=-price,name').sort).toEqual([
      { field: 'price', isDescending: true },
      { field: 'name', isDescending: false },
    ])
  })
})

describe('a filter', () => {
  test('is the same as nested keys and as JSON', () => {
    const expected = {
      kind: 'every',
      filters: [
        condition('status', { is: '=', value: 'published' }),
        {
          kind: 'some',
          filters: [condition('price', { is: '<', value: 1000 }), condition('stock', { is: '=', value: 0 })],
        },
      ],
    }
    const json = { _and: [{ status: { _eq: 'published' } }, { _or: [{ price: { _lt: 1000 } }, { stock: 0 }] }] }
    expect(filterOf(json)).toEqual(expected)
    expect(parse(`filter=${encodeURIComponent(JSON.stringify(json))}`).filter).toEqual(expected)
    const keys = 'filter[_and][0][status][_eq]=published&filter[_and][1][_or][0][price][_lt]=1000'
    expect(parse(`${keys}&filter[_and][1][_or][1][stock]=0`).filter).toEqual(expected)
  })

  test.each([
    [{ price: { _eq: '5' } }, condition('price', { is: '=', value: 5 })],
    [{ price: { _neq: 5 } }, condition('price', { is: '=', value: 5 }, true)],
    [{ image: { _eq: null } }, condition('image', { is: 'null', holds: true })],
    [{ image: { _neq: 'null' } }, condition('image', { is: 'null', holds: true }, true)],
    [{ image: { _null: 'false' } }, condition('image', { is: 'null', holds: false })],
    [{ image: { _nnull: '' } }, condition('image', { is: 'null', holds: true }, true)],
    [{ sku: { _nempty: true } }, condition('sku', { is: 'empty', holds: true }, true)],
    [{ id: { _in: '1,2,,3' } }, condition('id', { is: 'in', values: [1, 2, 3] })],
    [{ id: { _in: '' } }, condition('id', { is: 'in', values: [] })],
    [{ id: { _nin: { 0: '1', 1: 2, 2: null } } }, condition('id', { is: 'in', values: [1, 2] }, true)],
    [{ id: { _in: 7 } }, condition('id', { is: 'in', values: [7] })],
    [{ price: { _between: '1,2' } }, condition('price', { is: 'between', from: 1, to: 2 })],
    [{ price: { _nbetween: [1, 2] } }, condition('price', { is: 'between', from: 1, to: 2 }, true)],
    [{ price: { _between: [5] } }, { kind: 'every', filters: [] }],
    [{ name: { _contains: 'a_%' } }, condition('name', { is: 'like', pattern: '%a_%%', ignoresCase: false })],
    [{ name: { _nicontains: 'a' } }, condition('name', { is: 'like', pattern: '%a%', ignoresCase: true }, true)],
    [{ name: { _istarts_with: 'a' } }, condition('name', { is: 'like', pattern: 'a%', ignoresCase: true })],
    [{ name: { _ends_with: 'a\\' } }, condition('name', { is: 'like', pattern: '%a\\\\', ignoresCase: false })],
    [{ name: { _eq: 5 } }, condition('name', { is: '=', value: '5' })],
    [{ created_at: { _gt: '2026-01-03' } }, condition('created_at', { is: '>', value: '2026-01-03T00:00:00.000Z' })],
    [
      { created_at: { _gt: '2026-01-03T07:00:00+07:00' } },
      condition('created_at', { is: '>', value: '2026-01-03T00:00:00.000Z' }),
    ],
    [{ price: {} }, { kind: 'every', filters: [] }],
    [{ _or: [] }, { kind: 'every', filters: [] }],
    ['', undefined],
    [null, undefined],
  ])('of %j', (filter, expected) => {
    expect(filterOf(filter)).toEqual(expected)
  })

  test.each([
    [{ nope: 1 }, '403 FORBIDDEN'],
    [{ price: { eq: 5 } }, '403 FORBIDDEN'],
    [{ price: { name: { _eq: 5 } } }, '403 FORBIDDEN'],
    [{ price: [5] }, '403 FORBIDDEN'],
    [[1], '403 FORBIDDEN'],
    [JSON.parse('{"__proto__": {"_eq": 1}}'), '400 INVALID_QUERY'],
    [{ constructor: { _eq: 1 } }, '403 FORBIDDEN'],
    [{ toString: { _eq: 1 } }, '403 FORBIDDEN'],
    ['{bad', '400 INVALID_QUERY'],
    ['5', '400 INVALID_QUERY'],
    [true, '400 INVALID_QUERY'],
    [{ _eq: 5 }, '400 INVALID_QUERY'],
    [{ _and: { a: 1 } }, '400 INVALID_QUERY'],
    [{ _or: [5] }, '400 INVALID_QUERY'],
    [{ price: { _nope: 5 } }, '400 INVALID_QUERY'],
    [{ price: { _contains: '5' } }, '400 INVALID_QUERY'],
    [{ price: { _eq: '' } }, '400 INVALID_QUERY'],
    [{ price: { _eq: 1.5 } }, '400 INVALID_QUERY'],
    [{ price: { _eq: 2 ** 53 } }, '400 INVALID_QUERY'],
    [{ price: { _eq: 'Infinity' } }, '400 INVALID_QUERY'],
    [{ price: { _gt: null } }, '400 INVALID_QUERY'],
    [{ price: { _null: 'maybe' } }, '400 INVALID_QUERY'],
    [{ id: { _in: [] } }, '400 INVALID_QUERY'],
    [{ id: { _in: [[1]] } }, '400 INVALID_QUERY'],
    [{ name: { _eq: 'a\0' } }, '400 INVALID_QUERY'],
    [{ name: { _eq: 'x'.repeat(queryLimits.textLength + 1) } }, '400 INVALID_QUERY'],
    [{ name: { _contains: 'x'.repeat(queryLimits.patternLength + 1) } }, '400 INVALID_QUERY'],
    [{ created_at: { _gt: 'yesterday' } }, '400 INVALID_QUERY'],
    [{ created_at: { _gt: '2026-13-01' } }, '400 INVALID_QUERY'],
    [{ created_at: { _gt: '0000-01-01' } }, '400 INVALID_QUERY'],
    [{ created_at: { _gt: '0001-01-01T00:00:00+14:00' } }, '400 INVALID_QUERY'],
    [{ images: { _null: true } }, '400 INVALID_QUERY'],
    [{ id: { _in: Array.from({ length: queryLimits.listValues + 1 }, (_, id) => id) } }, '400 INVALID_QUERY'],
    [{ _and: Array.from({ length: queryLimits.filterEntries }, () => ({ id: 1 })) }, '400 INVALID_QUERY'],
  ])('of %j is refused', (filter, failure) => {
    expect(failureOf(() => filterOf(filter))).toBe(failure)
  })

  test('may be as deep as it is allowed, and no deeper', () => {
    const nested = (depth: number): object => (depth === 0 ? { id: 1 } : { _and: [nested(depth - 1)] })
    expect(filterOf(nested(queryLimits.filterDepth - 2))).toBeDefined()
    expect(failureOf(() => filterOf(nested(queryLimits.filterDepth)))).toBe('400 INVALID_QUERY')
    const keys = (depth: number) => `filter${'[_and][0]'.repeat(depth)}[id]=1`
    expect(parse(keys(queryLimits.filterDepth - 2)).filter).toBeDefined()
    expect(failureOf(() => parse(keys(queryLimits.filterDepth)))).toBe('400 INVALID_QUERY')
    expect(failureOf(() => parse(keys(1000)))).toBe('400 INVALID_QUERY')
  })
})

describe('aggregates', () => {
  test('are the same as nested keys and as JSON', () => {
    const expected = {
      aggregates: [
        { operation: 'count', field: '*' },
        { operation: 'sum', field: 'price' },
        { operation: 'sum', field: 'stock' },
      ],
      groupBy: ['status'],
      sort: [{ by: 'rows', isDescending: true }],
    }
    const rest = 'groupBy=status&sort=-count'
    expect(parse(`aggregate[count]=*&aggregate[sum]=price,stock&${rest}`).aggregation).toEqual(expected)
    const json = JSON.stringify({ count: ['*'], sum: ['price', 'stock'] })
    expect(parse(`aggregate=${encodeURIComponent(json)}&${rest}`).aggregation).toEqual(expected)
  })

  test('that are none leave the items to be asked for', () => {
    expect(parse('aggregate=&groupBy=').aggregation).toBeUndefined()
    expect(parseBody({ aggregate: {} }).aggregation).toBeUndefined()
  })

  test.each([
    ['aggregate[sum]=nope', '403 FORBIDDEN'],
    ['aggregate[nope]=nope', '403 FORBIDDEN'],
    ['aggregate[count]=*&sort=nope', '403 FORBIDDEN'],
    ['aggregate[sum]=name', '400 INVALID_QUERY'],
    ['aggregate[sum]=*', '400 INVALID_QUERY'],
    ['aggregate[min]=images', '400 INVALID_QUERY'],
    ['aggregate=count', '400 INVALID_QUERY'],
    ['aggregate[]=count', '400 INVALID_QUERY'],
    ['aggregate[count][a]=id', '400 INVALID_QUERY'],
    ['aggregate[count]=*&groupBy=status&sort=price', '400 INVALID_QUERY'],
  ])('by %j are refused', (query, failure) => {
    expect(failureOf(() => parse(query))).toBe(failure)
  })
})

test.each([
  ['total_count', ['total_count']],
  ['filter_count,total_count', ['total_count', 'filter_count']],
  ['*', ['total_count', 'filter_count']],
  ['', []],
])('meta=%s', (meta, expected) => {
  expect(parse(`meta=${meta}`).meta).toEqual(expected)
})

test.each(['meta=nope', 'meta[a]=total_count', `search=${'x'.repeat(queryLimits.patternLength + 1)}`, 'search=a%00'])(
  '%j is refused',
  (query) => {
    expect(failureOf(() => parse(query))).toBe('400 INVALID_QUERY')
  },
)

test('a search for nothing is none', () => {
  expect([parse('search=').search, parse('search=%20').search, parse('search[a]=1').search]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

test('what is not known is overlooked, and nothing reaches a prototype', () => {
  const strange =
    'nope=1&__proto__[limit]=1&constructor[prototype][limit]=1&filter[__proto__][limit]=1&deep[a][_limit]=1'
  expect(parse(strange)).toEqual({ ...parse(''), filter: { kind: 'every', filters: [] } })
  expect(({} as { limit?: number }).limit).toBeUndefined()
})

test.each([
  `${'a=1&'.repeat(queryLimits.parameters)}a=1`,
  `filter[id][_in][${queryLimits.arrayItems}]=1`,
  'filter[id][_in][]=1&'.repeat(queryLimits.arrayItems + 1),
])('an address with too much in it is refused', (query) => {
  expect(failureOf(() => parse(query))).toBe('400 INVALID_QUERY')
})

describe('the body of a SEARCH', () => {
  test.each([
    [{ query: { limit: 1 } }, { limit: 1 }],
    [{}, undefined],
    [null, undefined],
    [undefined, undefined],
  ])('of %j', (body, expected) => {
    expect(parseSearchBody(body)).toEqual(expected)
  })

  test.each([[{ limit: 1 }], [[]], ['text'], [5], [{ query: 5 }], [{ query: [] }], [{ query: null }]])(
    'of %j is refused',
    (body) => {
      expect(failureOf(() => parseSearchBody(body))).toBe('400 INVALID_PAYLOAD')
    },
  )
})
