import { parse } from 'qs'
import { type Aggregation, parseAggregation } from './aggregation.ts'
import { forbiddenField, invalidQuery } from './directus-error.ts'
import { type Filter, parseFilter } from './filter.ts'
import { isItemField, type ItemField, itemFields } from './item.ts'
import { readNames } from './names.ts'
import { queryLimits } from './query-limits.ts'
import { readSort, type SortKey, toSortKey } from './sort.ts'
import { checkText } from './values.ts'

const metas = ['total_count', 'filter_count'] as const
export type Meta = (typeof metas)[number]

/** A question about items as it was understood. Two that ask the same are the same. */
export type ItemsQuery = {
  fields: ItemField[]
  filter: Filter | undefined
  search: string | undefined
  sort: SortKey[]
  limit: number
  offset: number
  meta: Meta[]
  aggregation: Aggregation | undefined
}

/** Parameters as they came: names with text, or with what nested keys or JSON made of it. */
export type Parameters = Record<string, unknown>

/** Reads the parameters of an address, `filter[price][_lt]=5` as nested objects. Throws where they are too many or too deep. */
export function readParameters(url: string): Parameters {
  const start = url.indexOf('?')
  if (start < 0) return {}
  try {
    return parse(url.slice(start + 1), {
      // One more than a filter may have, which then says so itself. A level of ours can be two keys: `[_and][0]`.
      depth: 2 * queryLimits.filterDepth + 1,
      strictDepth: true,
      parameterLimit: queryLimits.parameters,
      arrayLimit: queryLimits.arrayItems,
      throwOnLimitExceeded: true,
      // Objects without a prototype: a key named `constructor` is a key and nothing more.
      plainObjects: true,
    })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const refused = invalidQuery(error.message)
    refused.cause = error
    throw refused
  }
}

/**
 * Reads a question from its parameters. What is not known is overlooked. `maxItems` is the most that one answer may hold. Throws what
 * Directus answers: 403 for a field that is not there, otherwise 400.
 */
export function parseItemsQuery(given: Parameters, maxItems: number): ItemsQuery {
  const sort = readSort(given.sort)
  const aggregation = parseAggregation(given.aggregate, given.groupBy, sort)
  return {
    fields: readFields(given.fields),
    filter: parseFilter(given.filter),
    search: readSearch(given.search),
    sort: aggregation === undefined ? sort.map(toSortKey) : [],
    ...readPage(given, maxItems),
    meta: readMeta(given.meta),
    aggregation,
  }
}

function readFields(given: unknown): ItemField[] {
  const names = readNames('fields', given)
  if (names === undefined) return itemFields
  // With no field at all, clients that search get ids.
  if (names.length === 0) return ['id']
  const fields = names.flatMap((name) => {
    // There are no relations, so the fields of all relations are none.
    if (/^\*(\.\*)*$/.test(name)) return itemFields
    if (!isItemField(name)) throw forbiddenField(name)
    return [name]
  })
  return [...new Set(fields)]
}

function readSearch(given: unknown): string | undefined {
  const text = typeof given === 'string' ? given.trim() : ''
  return text === '' ? undefined : checkText('search', text, queryLimits.patternLength)
}

function readPage(given: Parameters, maxItems: number): { limit: number; offset: number } {
  const limit = readInteger('limit', given.limit, -1, maxItems) ?? Math.min(queryLimits.defaultItems, maxItems)
  const offset = readInteger('offset', given.offset, 0, Number.MAX_SAFE_INTEGER) ?? 0
  const page = readInteger('page', given.page === '' ? undefined : given.page, 0, Number.MAX_SAFE_INTEGER) ?? 0
  if (limit === -1) return { limit: maxItems, offset }
  if (page === 0) return { limit, offset }
  const before = limit * (page - 1)
  if (!Number.isSafeInteger(before)) throw invalidQuery('"page" is too far away')
  return { limit, offset: before }
}

function readInteger(name: string, given: unknown, least: number, most: number): number | undefined {
  if (given === undefined || given === null) return undefined
  const number = typeof given === 'string' || typeof given === 'number' ? Number(given) : NaN
  if (Number.isNaN(number)) throw invalidQuery(`"${name}" must be a number`)
  if (!Number.isSafeInteger(number)) throw invalidQuery(`"${name}" must be an integer`)
  if (number < least) throw invalidQuery(`"${name}" must be greater than or equal to ${least}`)
  if (number > most) throw invalidQuery(`"${name}" must be less than or equal to ${most}`)
  return number
}

function readMeta(given: unknown): Meta[] {
  if (given === '*') return [...metas]
  const names = readNames('meta', given) ?? []
  const unknown = names.findIndex((name) => !metas.includes(name as Meta))
  if (unknown >= 0) throw invalidQuery(`"meta[${unknown}]" must be one of [${metas.join(', ')}]`)
  return metas.filter((meta) => names.includes(meta))
}
