import { parseProblem, problem } from '@kakilima/contracts/problems'
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

/** Passes on a file that a neighbour answers with, while it comes in. Throws what the neighbour says where it has none. */
export async function passOnFile(reply: FastifyReply, answer: OpenAnswer): Promise<FastifyReply> {
  if (answer.status === 200) return passOn(reply, answer, ['content-type', 'content-disposition'])
  const known = parseProblem(await answer.body.json())
  if (known !== undefined && known.status < 500) throw known
  throw answer.status === 503 ? problem('neighbor-unavailable', known?.message) : problem('neighbor-failed')
}
