import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { addressOf } from '@kakilima/contracts/address'
import type { Call, PageCall } from '@kakilima/contracts/clients'
import type { Endpoint } from '@kakilima/contracts/endpoint'
import { nextOf, totalCountHeader } from '@kakilima/contracts/paging'
import { isProblem, parseProblem, problem, type Problem } from '@kakilima/contracts/problems'
import pRetry from 'p-retry'
import { Agent, type Dispatcher, errors, request } from 'undici'
import { actorHeader, currentRequest, sessionTokenHeader } from './request-context.ts'

type Message = {
  method: Endpoint['method']
  path: string
  /** Sent as JSON, or as it is where it is bytes: then `headers` say what they are. */
  body?: unknown
  headers?: Record<string, string>
  timeoutMs?: number
}

/** What goes out with a call, as the endpoint declares it. */
export type CallParts = {
  params?: Record<string, string | number>
  query?: Record<string, string | number | boolean | undefined>
  body?: unknown
  headers?: Record<string, string>
}

export type NeighborOptions = {
  /** What it is called in messages: `inventory`. */
  name: string
  url: string
  token: string | undefined
  /** How long one try may take, from the connection to the last byte of the answer. */
  timeoutMs?: number
  /** How often a harmless call is tried in all. */
  tries?: number
}

/** An answer while it comes in. Its body must be read or dumped. */
export type OpenAnswer = { status: number; headers: IncomingHttpHeaders; body: Dispatcher.ResponseData['body'] }

export type StreamRequest = {
  method: 'GET' | 'POST'
  path: string
  headers?: Record<string, string>
  body?: Readable
  /** Ends it. */
  signal?: AbortSignal
}

/** A neighbour that can be called over connections that stay open. Close it at the end. */
export type Neighbor = {
  /** Calls an endpoint, and brings what the endpoint says. Made into functions by `clientOf`. */
  ask: (endpoint: Endpoint, input: CallParts, tries?: number) => Promise<unknown>
  call: Call
  page: PageCall
  /**
   * Asks for an answer that is read while it comes in, with a body that is sent while it comes in. However long both take: the limit is
   * on the time in which nothing comes. What fails is thrown as by `call`.
   */
  stream: (request: StreamRequest) => Promise<OpenAnswer>
  /** Asks for something that is passed on and not read here. The path is sent as it is given. */
  open: (method: 'GET' | 'HEAD', path: string, headers: Record<string, string>) => Promise<OpenAnswer>
  close: () => Promise<void>
}

/**
 * Makes the way to one neighbouring service. A call that nobody answers in time, or that meets 502-504, is tried again with growing,
 * random pauses when it is harmless, and then throws the problem `neighbor-unavailable` (503): see `isTimeout`. The neighbour's own
 * problems are thrown as they came. Any other failure of the neighbour is `neighbor-failed`.
 */
export function createNeighbor({ name, url, token, timeoutMs = 3000, tries = 3 }: NeighborOptions): Neighbor {
  const agent = new Agent({
    connections: 64,
    connect: { timeout: timeoutMs },
    // One limit for the whole try, below. These would begin anew with each byte of an answer that comes drop by drop.
    headersTimeout: 0,
    bodyTimeout: 0,
    // Shorter than the server's own limit, or a call may go out on a connection that is being closed.
    keepAliveTimeout: 4000,
  })
  const origin = url.replace(/\/$/, '')

  const exchange = (message: Message, most: number) =>
    pRetry(() => send(message), {
      retries: most - 1,
      minTimeout: 50,
      maxTimeout: 500,
      randomize: true,
      shouldRetry: ({ error }) => isProblem(error, 'neighbor-unavailable'),
    })

  // The reply is trusted to be what its schema says: both ends are made from it.
  const ask: Neighbor['ask'] = async (endpoint, { params = {}, query = {}, body, headers = {} }, most) => {
    const { method, idempotent = true, page: pagedBy, timeoutMs: limitMs = timeoutMs } = endpoint
    const path = addressOf(endpoint.path, { params, query })
    const answer = await exchange(
      { method, path, body, headers, timeoutMs: limitMs },
      idempotent ? (most ?? endpoint.tries ?? tries) : 1,
    )
    const { reply, status } = answer
    if (pagedBy !== undefined) {
      const total = answer.headers[totalCountHeader]
      const next = nextOf(textOf(answer.headers.link), pagedBy)
      return { rows: reply, next, ...(total !== undefined && { total: Number(total) }) }
    }
    return typeof endpoint.status === 'object' ? { isNew: status === 201, reply } : reply
  }

  const call: Call = async ({ method, path, body, contentType, sessionToken, harmless, tries: most = tries }) => {
    const headers = {
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...(sessionToken !== undefined && { [sessionTokenHeader]: sessionToken }),
    }
    return (await exchange({ method, path, body, headers }, harmless ? most : 1)).reply as any
  }

  const page: PageCall = async ({ path }) => {
    const { reply, headers } = await exchange({ method: 'GET', path }, tries)
    const next = nextOf(textOf(headers.link), 'cursor')?.cursor
    return { rows: reply as any, next: next?.toString(), total: Number(headers[totalCountHeader]) }
  }

  async function send({
    method,
    path,
    body,
    headers: given,
    timeoutMs: limitMs = timeoutMs,
  }: Message): Promise<{ reply: unknown; status: number; headers: IncomingHttpHeaders }> {
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(), limitMs)
    try {
      const answer = await request(origin + path, {
        method,
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...given, ...ownHeaders() },
        body: body === undefined ? null : body instanceof Uint8Array ? body : JSON.stringify(body),
        dispatcher: agent,
        signal: limit.signal,
      })
      const reply: unknown = await answer.body.json()
      const { statusCode: status, headers } = answer
      if (status < 300) return { reply, status, headers }
      throw failureOf(status, reply, headers['retry-after'])
    } catch (error) {
      if (limit.signal.aborted) throw unavailable('does not answer in time', { timed_out: true })
      throw isUnreachable(error) ? unavailable() : error
    } finally {
      clearTimeout(timer)
    }
  }

  async function open(method: 'GET' | 'HEAD', path: string, headers: Record<string, string>): Promise<OpenAnswer> {
    try {
      const answer = await agent.request({
        origin,
        path,
        method,
        headers: { ...headers, ...ownHeaders() },
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      })
      return { status: answer.statusCode, headers: answer.headers, body: answer.body }
    } catch (error) {
      throw isUnreachable(error) ? unavailable() : error
    }
  }

  async function stream({ method, path, headers, body, signal }: StreamRequest): Promise<OpenAnswer> {
    try {
      const answer = await agent.request({
        origin,
        path,
        method,
        headers: { ...headers, ...ownHeaders() },
        body: body ?? null,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        ...(signal !== undefined && { signal }),
      })
      const { statusCode: status } = answer
      if (status < 300) return { status, headers: answer.headers, body: answer.body }
      throw failureOf(status, await answer.body.json(), answer.headers['retry-after'])
    } catch (error) {
      throw isUnreachable(error) ? unavailable() : error
    }
  }

  function ownHeaders(): Record<string, string> {
    const headers: Record<string, string> = {}
    const context = currentRequest()
    if (context !== undefined) headers['x-request-id'] = context.requestId
    if (context?.actorId !== undefined) headers[actorHeader] = String(context.actorId)
    if (token !== undefined) headers.authorization = `Bearer ${token}`
    return headers
  }

  function failureOf(status: number, reply: unknown, retryAfter: string | string[] | undefined): Problem {
    const known = parseProblem(reply)
    if (known !== undefined && status < 500) {
      if (typeof retryAfter === 'string') known.headers['retry-after'] = retryAfter
      return known
    }
    if (status === 502 || status === 503 || status === 504) return unavailable()
    return problem('neighbor-failed', `The ${name} service failed`)
  }

  function unavailable(what = 'cannot be reached', extensions = {}): Problem {
    return problem('neighbor-unavailable', `The ${name} service ${what}`, extensions)
  }

  return { ask, call, page, stream, open, close: () => agent.close() }
}

/** Whether a call failed because no answer came in time. The neighbour may be there, and may still be at it. */
export function isTimeout(error: unknown): boolean {
  return isProblem(error, 'neighbor-unavailable') && error.extensions.timed_out === true
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined
}

// An answer that isn't JSON comes from something that isn't our neighbour: as good as away.
function isUnreachable(error: unknown): boolean {
  return (
    error instanceof errors.UndiciError ||
    error instanceof SyntaxError ||
    (error instanceof Error && 'syscall' in error)
  )
}
