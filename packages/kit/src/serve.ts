import { addressOf } from '@kakilima/contracts/address'
import { type AnswerOf, type Endpoint, type InputOf, parts } from '@kakilima/contracts/endpoint'
import { totalCountHeader } from '@kakilima/contracts/paging'
import type { FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify'
import { linkNext } from './lists.ts'
import type { Server } from './server.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For whoever describes the API. */
    endpoint?: Endpoint
  }
}

/** What answers an endpoint. Most verbs need no more than the input; the request is for who has to know the caller. */
export type Verb<E extends Endpoint> = (
  input: InputOf<E>,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<AnswerOf<E>>

export type ServeOptions = {
  /** Where it is answered instead of at the endpoint's own path, and where what was made is found then. */
  path?: string
  location?: string | undefined
  preHandler?: preHandlerAsyncHookHandler
}

/**
 * Answers an endpoint: `serve(app, orderEndpoints.findOrder, ({ params }) => findOrder(deps, params.id))`. Status, `Location`, `Link`
 * and what is judged, serialized and told to whoever browses the API come from the declaration.
 */
export function serve<E extends Endpoint>(
  app: Server,
  endpoint: E,
  verb: Verb<E>,
  { path = endpoint.path, location = endpoint.location, preHandler }: ServeOptions = {},
): void {
  const declared = parts.filter((part) => endpoint[part] !== undefined)
  app.route({
    method: endpoint.method,
    url: path,
    schema: schemaOf(endpoint),
    config: { endpoint },
    ...(preHandler !== undefined && { preHandler }),
    handler: async (request, reply) => {
      const input: Record<string, unknown> = {}
      for (const part of declared) input[part] = request[part]
      const answer: any = await verb(input as InputOf<E>, request, reply)
      if (endpoint.reply === undefined) return answer
      if (endpoint.page !== undefined) {
        if (answer.next !== undefined) linkNext(request, reply, answer.next)
        if (answer.total !== undefined) reply.header(totalCountHeader, answer.total)
        return answer.rows
      }
      const isEither = typeof endpoint.status === 'object'
      const body = isEither ? answer.reply : answer
      reply.code(isEither ? answer.status : (endpoint.status ?? 200))
      if (location !== undefined) reply.header('location', addressOf(location, { params: body }))
      return body
    },
  })
}

function schemaOf({ name, summary, params, query, body, headers, reply, status = 200 }: Endpoint) {
  return {
    operationId: name,
    summary,
    ...(params !== undefined && { params }),
    ...(query !== undefined && { querystring: query }),
    ...(body !== undefined && { body }),
    ...(headers !== undefined && { headers }),
    ...(reply !== undefined && { response: Object.fromEntries([status].flat().map((one) => [one, reply])) }),
  }
}
