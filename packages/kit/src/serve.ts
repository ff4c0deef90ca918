import { addressOf } from '@kakilima/contracts/address'
import { type AnswerOf, type Endpoint, type InputOf } from '@kakilima/contracts/endpoint'
import { totalCountHeader } from '@kakilima/contracts/paging'
import type { FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify'
import { linkNext } from './lists.ts'
import { pickHeaders } from './pass-on.ts'
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
  /** Where it is answered instead of at its own path, and what `location` is there. */
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
  {
    path = endpoint.path,
    location = path === endpoint.path ? endpoint.location : undefined,
    preHandler,
  }: ServeOptions = {},
): void {
  const declared = (['params', 'query', 'body'] as const).filter((part) => endpoint[part] !== undefined)
  const { status = 200 } = endpoint
  const headerNames = Object.keys(endpoint.headers?.properties ?? {})
  app.route({
    method: endpoint.method,
    url: path,
    schema: schemaOf(endpoint),
    config: { endpoint },
    ...(preHandler !== undefined && { preHandler }),
    handler: async (request, reply) => {
      const input: Record<string, unknown> = {}
      for (const part of declared) input[part] = request[part]
      // The others are not the verb's: where the input is passed on, they would go along.
      if (headerNames.length > 0) input.headers = pickHeaders(request.headers, headerNames)
      const answer: any = await verb(input as InputOf<E>, request, reply)
      if (endpoint.reply === undefined) return answer
      if (endpoint.page !== undefined) {
        if (answer.next !== undefined) linkNext(request, reply, answer.next)
        if (answer.total !== undefined) reply.header(totalCountHeader, answer.total)
        return answer.rows
      }
      const body = typeof status === 'object' ? answer.reply : answer
      reply.code(typeof status === 'object' ? status[answer.isNew ? 0 : 1] : status)
      if (location !== undefined) reply.header('location', addressOf(location, { params: body }))
      return body
    },
  })
}

function schemaOf(endpoint: Endpoint) {
  const { name, summary, params, query, body, headers, consumes, produces, reply, status = 200 } = endpoint
  return {
    operationId: name,
    summary,
    ...(params !== undefined && { params }),
    ...(query !== undefined && { querystring: query }),
    ...(body !== undefined && { body }),
    ...(headers !== undefined && { headers }),
    ...(consumes !== undefined && { consumes: [...consumes] }),
    ...(produces !== undefined && { produces: [...produces] }),
    ...(reply !== undefined && { response: Object.fromEntries([status].flat().map((one) => [one, reply])) }),
  }
}
