import { forbiddenField, invalidQuery } from './directus-error.ts'
import { type FieldType, fieldTypes, isItemField, type ItemField } from './item.ts'
import { readNames } from './names.ts'
import { queryLimits } from './query-limits.ts'
import { type NamedSort, toSortKey } from './sort.ts'

export type Aggregate = { operation: Operation; field: ItemField | '*' }

/** What is asked over many items instead of the items themselves. */
export type Aggregation = {
  aggregates: Aggregate[]
  groupBy: ItemField[]
  sort: { by: ItemField | 'rows'; isDescending: boolean }[]
}

const numbers: FieldType[] = ['integer']
const comparable: FieldType[] = ['integer', 'text', 'timestamp']
const operations = {
  count: ['integer', 'text', 'timestamp', 'json'],
  countAll: [],
  countDistinct: comparable,
  sum: numbers,
  sumDistinct: numbers,
  avg: numbers,
  avgDistinct: numbers,
  min: comparable,
  max: comparable,
} as const satisfies Record<string, readonly FieldType[]>
export type Operation = keyof typeof operations

/** Reads `aggregate` and `groupBy`. Nothing comes back where the items themselves are asked for. */
export function parseAggregation(aggregate: unknown, groupBy: unknown, sort: NamedSort[]): Aggregation | undefined {
  const asked = Object.entries(readObject(aggregate))
  const groups = readNames('groupBy', groupBy)?.map(toGroup) ?? []
  if (asked.length === 0 && groups.length === 0) return undefined
  const aggregates = asked.flatMap(([operation, fields]) => readAggregates(operation, fields))
  if (aggregates.length > queryLimits.fieldNames) throw invalidQuery('"aggregate" has too many names')
  return {
    aggregates,
    groupBy: [...new Set(groups)],
    sort: sort.flatMap((key) => toGroupSort(key, aggregates, groups)),
  }
}

function readObject(given: unknown): object {
  if (given === undefined || given === null || given === '') return {}
  const parsed = typeof given === 'string' ? parseJson(given) : given
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw invalidQuery('"aggregate" must be of type object')
  return parsed
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const refused = invalidQuery('"aggregate" must be of type object')
    refused.cause = error
    throw refused
  }
}

function readAggregates(operation: string, given: unknown): Aggregate[] {
  const fields = readNames('aggregate', given) ?? []
  const unknown = fields.find((field) => field !== '*' && !isItemField(field))
  if (unknown !== undefined) throw forbiddenField(unknown)
  // An operation that is not there is overlooked, as Directus does.
  if (!Object.hasOwn(operations, operation)) return []
  return [...new Set(fields as (ItemField | '*')[])].map((field) => toAggregate(operation as Operation, field))
}

function toAggregate(operation: Operation, field: ItemField | '*'): Aggregate {
  if (operation === 'countAll') return { operation, field: '*' }
  const types: readonly FieldType[] = operations[operation]
  const fits = field === '*' ? operation === 'count' : types.includes(fieldTypes[field])
  if (!fits) throw invalidQuery(`"${operation}" cannot be taken of "${field}"`)
  return { operation, field }
}

function toGroup(name: string): ItemField {
  if (!isItemField(name)) throw forbiddenField(name)
  if (fieldTypes[name] === 'json') throw invalidQuery(`"${name}" cannot be grouped by`)
  return name
}

/** Groups are sorted by what they have in common, or by how many items they hold. */
function toGroupSort(key: NamedSort, aggregates: Aggregate[], groups: ItemField[]): Aggregation['sort'] {
  const isCount = aggregates.some(({ operation, field }) => operation === key.name && field === '*')
  if (isCount) return [{ by: 'rows', isDescending: key.isDescending }]
  const { field, isDescending } = toSortKey(key)
  if (groups.includes(field)) return [{ by: field, isDescending }]
  if (groups.length === 0) return []
  throw invalidQuery(`"sort" names "${field}", which the groups do not have in common`)
}
