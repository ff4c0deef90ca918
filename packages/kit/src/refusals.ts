import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { isProblem, type Problem, problem } from '@kakilima/contracts/problems'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { corsHeaders } from './doors.ts'
import type { FailedRequest, FailureAnswer } from './problem.ts'
import { requestIdOf } from './request-context.ts'

type RefusalRules = {
  /** Turns a failure into an answer. */
  describe: (error: unknown, request: FailedRequest) => FailureAnswer
  /** What every answer to a request for this address says. */
  headersOf: (url: string) => readonly (readonly [string, string])[]
  isAllowedOrigin: (origin: string) => boolean
  takesCookies: boolean
}

/** What Node says of a connection on which it cannot go on. */
type ConnectionError = Error & { code?: string; syscall?: string; rawPacket?: unknown }

/** How long what a client still sends is taken in once it was refused: cut off at once, it would lose the answer with the rest. */
const lingerMs = 1000

/**
 * Answers what fails, in one form wherever it fails. Hooks have run for some of it only: none for an address that cannot be read, not
 * all for who is turned away at the door. So whatever every answer has is put here, above all what lets a page of an allowed origin
 * read it: without, the page would take a refusal for a network that is down.
 */
export function createRefusals({ describe, headersOf, isAllowedOrigin, takesCookies }: RefusalRules) {
  function answerTo(error: unknown, { id, url }: FailedRequest, origin: string | undefined): FailureAnswer {
    const { status, headers, body } = describe(error, { id, url })
    // A sandboxed frame of another site has the origin of a page that was opened from a file.
    const isReadable = origin !== undefined && isAllowedOrigin(origin) && !isProblem(error, 'foreign-origin')
    const always = { ...Object.fromEntries(headersOf(url ?? '')), vary: 'Origin', 'x-request-id': id }
    return { status, headers: { ...always, ...(isReadable && corsHeaders(origin, takesCookies)), ...headers }, body }
  }

  /** Answers by HTTP written by hand, and ends the connection. */
  function write(socket: Duplex, failure: Problem, request: FailedRequest, origin: string | undefined): void {
    const { status, headers, body } = answerTo(failure, request, origin)
    const text = JSON.stringify(body)
    const all = {
      ...headers,
      date: new Date().toUTCString(),
      'content-length': Buffer.byteLength(text),
      connection: 'close',
    }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    // What still came in time to be read of a request that came too late would be served: it must not.
    const endNow = failure.type === 'request-timeout'
    const bytes = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`
    socket.end(bytes, () => endNow && socket.destroy())
    if (endNow) return
    socket.resume()
    setTimeout(() => socket.destroy(), lingerMs).unref()
  }

  /** Answers a request that Fastify has made a reply for. */
  function answer(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { status, headers, body } = answerTo(error, request, request.headers.origin)
    if (status === 500) request.log.error({ err: error }, 'unexpected failure')
    return reply.code(status).headers(headers).serializer(JSON.stringify).send(body)
  }

  /** Answers a request that has become no reply of Fastify's. */
  function refuse({ url, headers }: IncomingMessage, socket: Duplex, failure: Problem): void {
    write(socket, failure, { id: requestIdOf(headers['x-request-id']), url }, headers.origin)
  }

  /** Answers a connection on which something came that is no request, or no whole one. */
  function answerConnection(error: ConnectionError, socket: Duplex): void {
    // It has its refusal, and sends on.
    if (socket.writableEnded) return
    // The network failed, or the client has gone.
    if (error.syscall !== undefined || error.code === 'ECONNRESET') return void socket.destroy()
    const failure = problemOf(error)
    // Node's name for the answer that is being made on a connection.
    const { _httpMessage: answering } = socket as { _httpMessage?: ServerResponse | null }
    if (answering === undefined || answering === null) {
      const { url, origin } = readHead(error.rawPacket)
      write(socket, failure, { id: randomUUID(), url }, origin)
    } else if (answering.req.complete) {
      // What is broken came behind a whole request, which gets its answer first.
      answering.once('close', () => answerConnection(error, socket))
    } else if (answering.headersSent) {
      socket.destroy()
    } else {
      refuse(answering.req, socket, failure)
    }
  }

  return { answer, refuse, answerConnection }
}

function problemOf({ code }: ConnectionError): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return problem('request-timeout')
  if (code === 'HPE_HEADER_OVERFLOW') return problem('headers-too-large')
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return problem('payload-too-large')
  return problem('bad-request')
}

/** What can be told of a request by its first bytes, where they are there. */
function readHead(packet: unknown): { url: string | undefined; origin: string | undefined } {
  const head = Buffer.isBuffer(packet) ? packet.toString('latin1') : ''
  return { url: /^[A-Z]+ (\/\S*)/.exec(head)?.[1], origin: /^origin: *(\S+)/im.exec(head)?.[1] }
}
