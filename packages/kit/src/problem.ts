import { Problem, problem, problemTypes, type ProblemType } from '@kakilima/contracts/problems'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isDatabaseAway, sqlState } from './database.ts'

// What Fastify finds wrong before a handler runs.
const fastifyProblems: Record<string, ProblemType> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload-too-large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad-request',
  FST_ERR_BAD_URL: 'bad-request',
  FST_ERR_MAX_PARAM_LENGTH: 'not-found',
  FST_ERR_ASYNC_CONSTRAINT: 'bad-request',
}

/** The one place where a failure becomes an answer. What is not a known problem is logged with its stack and told to nobody. */
export function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const found = toProblem(error)
  if (found.status === 500) request.log.error({ err: error }, 'unexpected failure')
  return (
    reply
      .code(found.status)
      // Also where the request failed before any hook ran.
      .header('x-request-id', request.id)
      .headers(found.headers)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .serializer(JSON.stringify)
      .send(problemBody(found, request.id, request.url.startsWith('/api/v1/')))
  )
}

/** A problem as it stands in an answer (RFC 9457). Old clients of the gateway read its sentence under the name `error`. */
export function problemBody(
  { type, status, message, extensions }: Problem,
  requestId: string,
  forOldClients: boolean,
): Record<string, unknown> {
  const { title } = problemTypes[type]
  const body = { type: `/problems/${type}`, title, status, detail: message, instance: requestId, ...extensions }
  return forOldClients ? { ...body, error: message } : body
}

/** What a request is told that asks for something that is not there. */
export function notFound(request: FastifyRequest): Problem {
  return problem('not-found', `There is no ${request.method} ${request.url.split('?', 1)[0]}`)
}

/** What a caller may know of a failure. A problem is told as it is; what we did not expect becomes an `internal-error` without a word of it. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (!(error instanceof Error)) return problem('internal-error')
  if (isDatabaseAway(error))
    return problem('database-unavailable', 'The database cannot be reached', {}, { 'retry-after': '1' })
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
