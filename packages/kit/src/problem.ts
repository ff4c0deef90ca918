import { Problem, problem, problemTypes, type ProblemType } from '@kakilima/contracts/problems'
import type { FastifyError } from 'fastify'
import { isDatabaseAway, sqlState } from './database.ts'

// What Fastify finds wrong before a handler runs.
const fastifyProblems: Record<string, ProblemType> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload-too-large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad-request',
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: 'bad-request',
  FST_ERR_BAD_URL: 'bad-request',
  FST_ERR_MAX_PARAM_LENGTH: 'not-found',
  FST_ERR_ASYNC_CONSTRAINT: 'bad-request',
}

/** A request that failed, as far as it could be read: no address is known of one that is no HTTP. */
export type FailedRequest = { id: string; url: string | undefined }

export type FailureAnswer = { status: number; headers: Record<string, string>; body: object }

/** The one place where a failure becomes an answer. What is not a known problem is told to nobody. */
export function problemAnswer(error: unknown, { id, url }: FailedRequest): FailureAnswer {
  const found = toProblem(error)
  const { status, title } = problemTypes[found.type]
  return {
    status,
    headers: { ...found.headers, 'content-type': 'application/problem+json; charset=utf-8' },
    body: {
      type: `/problems/${found.type}`,
      title,
      status,
      detail: found.message,
      instance: id,
      ...found.extensions,
      // Old clients of the gateway read the sentence under this name.
      ...((url?.startsWith('/api/v1/') ?? true) && { error: found.message }),
    },
  }
}

/** What a request is told that asks for something that is not there. */
export function notFound({
  method = '',
  url = '',
}: {
  method?: string | undefined
  url?: string | undefined
}): Problem {
  return problem('not-found', `There is no ${method} ${url.split('?', 1)[0]}`)
}

/** What a caller may know of a failure. A problem is told as it is; what we did not expect becomes an `internal-error` without a word of it. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (!(error instanceof Error)) return problem('internal-error')
  if (isDatabaseAway(error)) return problem('database-unavailable')
  const { validation, validationContext, code, statusCode } = error as FastifyError
  if (validation !== undefined) return invalidInput(validation, validationContext ?? 'body')
  const known = code === undefined ? undefined : fastifyProblems[code]
  if (known !== undefined) return problem(known, problemTypes[known].title)
  // Poisoned keys such as __proto__ are refused by the JSON parser with a bare 400.
  if (statusCode === 400) return problem('malformed-json', 'The body is not valid JSON')
  if (statusCode !== undefined && statusCode < 500) return problem('bad-request', error.message)
  // Schemas bound what may be sent; behind them stands the database, which refuses numbers out of range and text it can't store.
  const clientFaults = ['22003', '22021', '22P05', '22P02']
  if (clientFaults.includes(sqlState(error) ?? '')) return problem('invalid-input', 'A value cannot be stored')
  return problem('internal-error')
}

function invalidInput(validation: NonNullable<FastifyError['validation']>, context: string): Problem {
  const errors = validation.map(({ instancePath, message, params }) => ({
    pointer: `${instancePath}${'missingProperty' in params ? `/${String(params.missingProperty)}` : ''}`,
    detail: 'missingProperty' in params ? 'is missing' : (message ?? 'does not fit'),
  }))
  const sentences = errors.map(({ pointer, detail }) => `${context}${pointer.replaceAll('/', '.')} ${detail}`)
  return problem('invalid-input', sentences.join('; '), { errors })
}
