import { invalidPayload, shorten } from './directus-error.ts'
import type { Parameters } from './query.ts'

/** Reads the body of a SEARCH, `{query}`. Nothing comes back where it leaves the question to the address. */
export function parseSearchBody(body: unknown): Parameters | undefined {
  if (body === undefined || body === null) return undefined
  if (!isObject(body)) throw invalidPayload('The body has to be an object')
  const unknown = Object.keys(body).find((key) => key !== 'query')
  if (unknown !== undefined) throw invalidPayload(`"${shorten(unknown)}" is not allowed`)
  const { query } = body
  if (query === undefined || isObject(query)) return query
  throw invalidPayload('"query" must be of type object')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
