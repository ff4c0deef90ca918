import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { Call, PageCall } from '@kakilima/contracts/clients'
import { isProblem, parseProblem, problem, type Problem } from '@kakilima/contracts/problems'
import pRetry from 'p-retry'
import { Agent, type Dispatcher, errors, request } from 'undici'
import { nextPageOf, totalCountHeader } from './lists.ts'
import { actorHeader, currentRequest, sessionTokenHeader } from './request-context.ts'

type Method = Parameters<Call>[0]['method']

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

  const ask = ({ method, path, body, contentType, sessionToken, harmless, tries: most = tries }: Parameters<Call>[0]) =>
    pRetry(() => send(method, path, body, contentType, sessionToken), {
      retries: harmless ? most - 1 : 0,
      minTimeout: 50,
      maxTimeout: 500,
      randomize: true,
      shouldRetry: ({ error }) => isProblem(error, 'neighbor-unavailable'),
    })

  // The reply is trusted to be what its schema says: both ends are made from it.
  const call: Call = async (question) => (await ask(question)).reply as any

  const page: PageCall = async ({ path, row }) => {
    const { reply, headers } = await ask({ method: 'GET', path, reply: row, harmless: true })
    return { rows: reply as any, next: nextPageOf(headers.link, 'cursor'), total: Number(headers[totalCountHeader]) }
  }

  async function send(
    method: Method,
    path: string,
    body: unknown,
    contentType: string | undefined,
    sessionToken: string | undefined,
  ): Promise<{ reply: unknown; headers: IncomingHttpHeaders }> {
    const headers = ownHeaders()
    if (sessionToken !== undefined) headers[sessionTokenHeader] = sessionToken
    if (body !== undefined) headers['content-type'] = contentType ?? 'application/json'
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(), timeoutMs)
    try {
      const answer = await request(origin + path, {
        method,
        headers,
        body: body === undefined ? null : contentType === undefined ? JSON.stringify(body) : (body as Uint8Array),
        dispatcher: agent,
        signal: limit.signal,
      })
      const reply: unknown = await answer.body.json()
      if (answer.statusCode < 300) return { reply, headers: answer.headers }
      throw failureOf(answer.statusCode, reply, answer.headers['retry-after'])
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

  return { call, page, stream, open, close: () => agent.close() }
}

/** Whether a call failed because no answer came in time. The neighbour may be there, and may still be at it. */
export function isTimeout(error: unknown): boolean {
  return isProblem(error, 'neighbor-unavailable') && error.extensions.timed_out === true
}

// An answer that isn't JSON comes from something that isn't our neighbour: as good as away.
function isUnreachable(error: unknown): boolean {
  return (
    error instanceof errors.UndiciError ||
    error instanceof SyntaxError ||
    (error instanceof Error && 'syscall' in error)
  )
}
