import { invalidQuery } from './directus-error.ts'
import type { FieldType } from './item.ts'
import { queryLimits } from './query-limits.ts'

/** A value to compare with. Times are ISO 8601 in UTC. */
export type Value = string | number

/** Reads the value beside an operator as what the field holds. In addresses all is text, so some words stand for what they say. */
export function readValue(operator: string, type: FieldType, given: unknown): Value | null {
  const value = untext(given)
  if (value === null) return null
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    throw invalidQuery(`The filter value for "${operator}" has to be a string, number, or boolean`)
  if (value === '') {
    const reason = `You can't filter for an empty string in "${operator}". Use "_empty" or "_nempty" instead`
    throw invalidQuery(reason)
  }
  if (type === 'integer') return toInteger(value)
  return type === 'timestamp' ? toTimestamp(value) : checkText(operator, String(value), queryLimits.textLength)
}

/** Reads text to look for of at most `maxLength` characters. */
export function readText(operator: string, given: unknown, maxLength: number): string {
  const value = readValue(operator, 'text', given)
  if (value === null) throw invalidQuery(`The filter value for "${operator}" has to be a string, number, or boolean`)
  return checkText(operator, String(value), maxLength)
}

/** Reads `1,2,3`, or an array, or an object whose keys count. What is empty in it is left out. */
export function readList(operator: string, type: FieldType, given: unknown): Value[] {
  const values = readParts(given)
  if (values.length === 0) throw invalidQuery(`"${operator}" has to be an array of values`)
  if (values.length > queryLimits.listValues) throw invalidQuery(`"${operator}" has too many values`)
  return values
    .filter((value) => value !== '')
    .map((value: unknown) => readValue(operator, type, value))
    .filter((value) => value !== null)
}

function readParts(given: unknown): unknown[] {
  if (typeof given === 'string') return given.split(',')
  return typeof given === 'object' && given !== null ? Object.values(given) : [given]
}

/** Reads whether an operator without a value is meant, as it is where nothing stands beside it. */
export function readFlag(operator: string, given: unknown): boolean {
  const value = untext(given)
  if (value === null || value === '' || value === true) return true
  if (value === false) return false
  throw invalidQuery(`"${operator}" has to be a boolean`)
}

function untext(given: unknown): unknown {
  if (given === 'true') return true
  if (given === 'false') return false
  return given === 'null' || given === 'NULL' ? null : given
}

function toInteger(value: string | number | boolean): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw invalidQuery('Invalid numeric value')
  return number
}

/** Gives back text that the database can be asked for. */
export function checkText(name: string, text: string, maxLength: number): string {
  if (text.length > maxLength) throw invalidQuery(`"${name}" has more than ${maxLength} characters`)
  // PostgreSQL stores none, so it refuses to look for one.
  if (text.includes('\0')) throw invalidQuery(`"${name}" holds a NUL character`)
  return text
}

const isoTime = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?))?(Z|[+-]\d\d:\d\d)?$/

/** Where no zone is named, the time is meant in UTC. */
function toTimestamp(value: string | number | boolean): string {
  const [, date, time = '00:00', zone = 'Z'] = isoTime.exec(String(value)) ?? []
  const instant = new Date(`${date}T${time}${zone}`)
  const year = instant.getUTCFullYear()
  // The database knows no year 0, and what is beyond four digits is written otherwise.
  if (!(year >= 1 && year <= 9999)) throw invalidQuery('Invalid date value')
  return instant.toISOString()
}
