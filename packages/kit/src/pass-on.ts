import type { FastifyReply } from 'fastify'
import type { OpenAnswer } from './http-client.ts'

type Headers = NodeJS.Dict<string | string[]>

/** Those of some headers that may be passed on. One that came more than once is left out. */
export function pickHeaders(headers: Headers, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
}

/** Passes the answer of a neighbour on while it comes in: its status, its bytes as they are, and of its headers those with these names. */
export function passOn(reply: FastifyReply, answer: OpenAnswer, names: readonly string[]): FastifyReply {
  return reply.code(answer.status).headers(pickHeaders(answer.headers, names)).send(answer.body)
}
