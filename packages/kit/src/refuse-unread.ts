import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Problem, problem } from '@kakilima/contracts/problems'
import { problemBody } from './problem.ts'

/** The content type and the body of an answer that tells of a problem, where nothing is known of the request. */
export type PresentRefusal = (found: Problem, requestId: string) => { contentType: string; body: object }

export const presentProblem: PresentRefusal = (found, requestId) => ({
  contentType: 'application/problem+json; charset=utf-8',
  // Whose client it is cannot be told: the key that old ones read does no harm to others.
  body: problemBody(found, requestId, true),
})

/**
 * Answers what cannot be read as a request, or did not arrive in time, in the form of all refusals, and ends the connection. No route and
 * no hook hears of it.
 */
export function refuseUnread(error: Error & { code?: string }, socket: Duplex, present: PresentRefusal): void {
  // Gone already: there is nobody to answer.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const found = problem(problemOf(error.code))
  const requestId = randomUUID()
  const { contentType, body } = present(found, requestId)
  const text = JSON.stringify(body)
  const head = [
    `HTTP/1.1 ${found.status} ${STATUS_CODES[found.status]}`,
    `content-type: ${contentType}`,
    `content-length: ${Buffer.byteLength(text)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
}

function problemOf(code: string | undefined) {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'request-timeout'
    case 'HPE_HEADER_OVERFLOW':
      return 'headers-too-large'
    default:
      return 'bad-request'
  }
}
