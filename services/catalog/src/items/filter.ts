import { forbiddenField, invalidQuery, shorten } from './directus-error.ts'
import { type FieldType, fieldTypes, isItemField, type ItemField } from './item.ts'
import { queryLimits } from './query-limits.ts'
import { readFlag, readList, readText, readValue, type Value } from './values.ts'

/** What a condition asks of its field. */
export type Test =
  | { is: 'null' | 'empty'; holds: boolean }
  | { is: '=' | '<' | '<=' | '>' | '>='; value: Value }
  | { is: 'in'; values: Value[] }
  | { is: 'between'; from: Value; to: Value }
  | { is: 'like'; pattern: string; ignoresCase: boolean }

/** A filter as it was understood: known fields, tests that fit their types, values of the right kind. */
export type Filter =
  | { kind: 'every' | 'some'; filters: Filter[] }
  | { kind: 'condition'; field: ItemField; isNegated: boolean; test: Test }

type Operator = {
  types: FieldType[]
  isNegated: boolean
  /** Reads the value that stands beside the operator. Nothing comes back where Directus overlooks the condition. */
  read: (name: string, type: FieldType, given: unknown) => Test | undefined
}

const everything: Filter = { kind: 'every', filters: [] }
const ordered: FieldType[] = ['integer', 'text', 'timestamp']

const operators = new Map<string, Operator>([
  ...withOpposite('eq', ordered, (name, type, given) => {
    const value = readValue(name, type, given)
    return value === null ? { is: 'null', holds: true } : { is: '=', value }
  }),
  ['_lt', { types: ordered, isNegated: false, read: readComparison('<') }],
  ['_lte', { types: ordered, isNegated: false, read: readComparison('<=') }],
  ['_gt', { types: ordered, isNegated: false, read: readComparison('>') }],
  ['_gte', { types: ordered, isNegated: false, read: readComparison('>=') }],
  ...withOpposite('in', ordered, (name, type, given) => ({ is: 'in', values: readList(name, type, given) })),
  ...withOpposite('between', ordered, (name, type, given) => {
    const [from, to, ...more] = readList(name, type, given)
    return from === undefined || to === undefined || more.length > 0 ? undefined : { is: 'between', from, to }
  }),
  ...withOpposite('null', ordered, (name, _, given) => ({ is: 'null', holds: readFlag(name, given) })),
  ...withOpposite('empty', ['text'], (name, _, given) => ({ is: 'empty', holds: readFlag(name, given) })),
  ...likeOperators('contains', '%', '%'),
  ...likeOperators('starts_with', '', '%'),
  ...likeOperators('ends_with', '%', ''),
])

function withOpposite(word: string, types: FieldType[], read: Operator['read']): [string, Operator][] {
  return [
    [`_${word}`, { types, isNegated: false, read }],
    [`_n${word}`, { types, isNegated: true, read }],
  ]
}

/** `_contains`, and with `i` before the word the same in any case. */
function likeOperators(word: string, before: string, after: string): [string, Operator][] {
  const read =
    (ignoresCase: boolean) =>
    (name: string, _: FieldType, given: unknown): Test => {
      const pattern = before + escapeBackslashes(readText(name, given, queryLimits.patternLength)) + after
      return { is: 'like', pattern, ignoresCase }
    }
  return [...withOpposite(word, ['text'], read(false)), ...withOpposite(`i${word}`, ['text'], read(true))]
}

// `%` and `_` stand for any text and any character, as they do in Directus. A backslash before anything else is itself.
function escapeBackslashes(text: string): string {
  return text.replaceAll(/\\([%_\\])?/g, (found, escaped) => (escaped === undefined ? '\\\\' : found))
}

function readComparison(is: '<' | '<=' | '>' | '>='): Operator['read'] {
  return (name, type, given) => {
    const value = readValue(name, type, given)
    if (value === null) throw invalidQuery(`The filter value for "${name}" has to be a string, number, or boolean`)
    return { is, value }
  }
}

/** What is left of what one question may ask. */
type Budget = { entries: number; listValues: number }

/**
 * Reads a filter, which is JSON as text or the same already parsed. Throws what Directus answers: 403 for a field that is not there, 400
 * for anything else that makes no sense, and for more than one question may ask.
 */
export function parseFilter(given: unknown): Filter | undefined {
  const filter = typeof given === 'string' && given !== '' ? parseJson(given) : given
  if (filter === undefined || filter === null || filter === '') return undefined
  return parseNode(filter, undefined, 1, { entries: queryLimits.filterEntries, listValues: queryLimits.listValues })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const refused = invalidQuery('Invalid JSON for filter object')
    refused.cause = error
    throw refused
  }
}

function parseNode(node: unknown, field: ItemField | undefined, depth: number, budget: Budget): Filter {
  if (depth > queryLimits.filterDepth) throw invalidQuery('The filter is nested too deeply')
  if (typeof node !== 'object' || node === null) {
    if (field === undefined) throw invalidQuery('Invalid filter object')
    return parseCondition(field, '_eq', node, budget)
  }
  const filters = Object.entries(node).map(([key, value]) => parseEntry(key, value, field, depth, budget))
  return filters.length === 1 ? filters[0]! : { kind: 'every', filters }
}

function parseEntry(key: string, value: unknown, field: ItemField | undefined, depth: number, budget: Budget): Filter {
  if (--budget.entries < 0) throw invalidQuery('The filter has too many conditions')
  if (key === '_and' || key === '_or') {
    if (!Array.isArray(value)) throw invalidQuery('Invalid filter object')
    const filters = value.map((node: unknown) => parseNode(node, field, depth + 1, budget))
    // An empty list limits nothing, whichever it is.
    return { kind: key === '_or' && filters.length > 0 ? 'some' : 'every', filters }
  }
  if (key.startsWith('_')) {
    if (field === undefined) throw invalidQuery(`The filter operator "${shorten(key)}" stands beside no field`)
    return parseCondition(field, key, value, budget)
  }
  // Below a field there are operators only: no relation leads on.
  if (field !== undefined || !isItemField(key)) throw forbiddenField(key)
  return parseNode(value, key, depth + 1, budget)
}

function parseCondition(field: ItemField, name: string, given: unknown, budget: Budget): Filter {
  const type = fieldTypes[field]
  const operator = operators.get(name)
  if (!operator?.types.includes(type))
    throw invalidQuery(`"${type}" field type does not contain the "${shorten(name)}" filter operator`)
  const test = operator.read(name, type, given)
  if (test === undefined) return everything
  if (test.is === 'in' && (budget.listValues -= test.values.length) < 0)
    throw invalidQuery('The filter has too many values')
  return { kind: 'condition', field, isNegated: operator.isNegated, test }
}
