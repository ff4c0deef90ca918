import { invalidQuery } from './directus-error.ts'
import { queryLimits } from './query-limits.ts'

/** Reads names as `a,b`, or as an array of them. Nothing comes back where none was given. */
export function readNames(parameter: string, given: unknown): string[] | undefined {
  if (given === undefined || given === null || given === '') return undefined
  const parts: unknown[] = Array.isArray(given) ? given : [given]
  const names = parts.flatMap((part) => {
    if (typeof part !== 'string') throw invalidQuery(`"${parameter}" must be an array of strings`)
    return part.split(',')
  })
  if (names.length > queryLimits.fieldNames) throw invalidQuery(`"${parameter}" has too many names`)
  return names.map((name) => name.trim()).filter(Boolean)
}
