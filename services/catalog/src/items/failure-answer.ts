import type { ProblemType } from '@kakilima/contracts/problems'
import { type FailedRequest, type FailureAnswer, problemAnswer, toProblem } from '@kakilima/kit/problem'
import { DirectusError, shorten } from './directus-error.ts'

// What Directus calls the failures that every service of ours has.
const codes: Partial<Record<ProblemType, string>> = {
  'malformed-json': 'INVALID_PAYLOAD',
  'bad-request': 'INVALID_PAYLOAD',
  unauthorized: 'INVALID_CREDENTIALS',
  forbidden: 'FORBIDDEN',
  'foreign-origin': 'FORBIDDEN',
  'payload-too-large': 'CONTENT_TOO_LARGE',
  'unsupported-media-type': 'UNSUPPORTED_MEDIA_TYPE',
  'foreign-host': 'MISDIRECTED_REQUEST',
  'too-many-requests': 'REQUESTS_EXCEEDED',
  'not-ready': 'SERVICE_UNAVAILABLE',
  'database-unavailable': 'SERVICE_UNAVAILABLE',
  'neighbor-unavailable': 'SERVICE_UNAVAILABLE',
  'neighbor-failed': 'SERVICE_UNAVAILABLE',
  'request-timeout': 'REQUEST_TIMEOUT',
  'headers-too-large': 'CONTENT_TOO_LARGE',
}

// These are the same in every service, so their failures are, too.
const pathsOfAllServices = /^\/(livez|readyz|openapi\.json|docs)(?=$|[/?])/

/** Turns every failure into an answer of Directus's shape. What was not expected is told to nobody. */
export function failureAnswer(error: unknown, request: FailedRequest): FailureAnswer {
  const { url = '' } = request
  if (pathsOfAllServices.test(url)) return problemAnswer(error, request)
  const { failure, headers } = toDirectusError(error, url)
  return {
    status: failure.status,
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
    body: { errors: [{ message: failure.message, extensions: failure.extensions }] },
  }
}

function toDirectusError(error: unknown, url: string): { failure: DirectusError; headers: Record<string, string> } {
  if (error instanceof DirectusError) return { failure: error, headers: {} }
  const { type, status, message, headers } = toProblem(error)
  if (type === 'not-found') return { failure: routeNotFound(url), headers }
  // Where others answer 422, Directus says that the payload is wrong.
  if (type === 'invalid-input') return { failure: new DirectusError(400, 'INVALID_PAYLOAD', message), headers }
  return { failure: new DirectusError(status, codes[type] ?? 'INTERNAL_SERVER_ERROR', message), headers }
}

function routeNotFound(url: string): DirectusError {
  const path = shorten(url.split('?', 1)[0]!)
  return new DirectusError(404, 'ROUTE_NOT_FOUND', `Route ${path} doesn't exist.`, { path })
}
