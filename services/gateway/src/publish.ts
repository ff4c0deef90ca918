import { type InputOf, type PublicEndpoint, publicPathOf } from '@kakilima/contracts/endpoint'
import { serve, type ServeOptions, type Verb } from '@kakilima/kit/serve'
import type { Server } from '@kakilima/kit/server'
import { defaultPageSize } from './query.ts'

/**
 * Answers an endpoint at its public path, by the service's own call or by a verb of the gateway that first looks who asks:
 *
 *     publish(app, orderEndpoints.readTimeline, orders.readTimeline)
 *
 * What the endpoint does not name is not passed on. `Link` and `Location` name public paths; `location` is given where that is not the
 * service's own below the same prefix. A list that is paged by ids holds 100 rows a page unless the caller says how many.
 */
export function publish<E extends PublicEndpoint>(
  app: Server,
  endpoint: E,
  verb: Verb<E>,
  { preHandler, location = publicLocationOf(endpoint) }: Pick<ServeOptions, 'preHandler' | 'location'> = {},
): void {
  const { query, body, page } = endpoint
  const isPagedById = page !== undefined && page !== 'cursor' && query?.properties.limit !== undefined
  const defaults = isPagedById ? { limit: defaultPageSize } : {}
  function pick(input: { query?: object; body?: unknown }): InputOf<E> {
    const picked = {
      ...input,
      ...(query !== undefined && { query: { ...defaults, ...named(query, input.query) } }),
      ...(body !== undefined && { body: named(body, input.body) }),
    }
    return picked as InputOf<E>
  }
  serve<E>(app, endpoint, (input, request, reply) => verb(pick(input), request, reply), {
    path: publicPathOf(endpoint),
    location,
    ...(preHandler !== undefined && { preHandler }),
  })
}

/** The fields of a value that its schema names. A value that is no object is as it is. */
function named<T>(schema: object, value: T): T {
  if (!('properties' in schema) || typeof value !== 'object' || value === null) return value
  const names = schema.properties as object
  return Object.fromEntries(Object.entries(value).filter(([name]) => Object.hasOwn(names, name))) as T
}

/** Where what was made is found at the gateway: below what stands before the service's own path in the public one. */
function publicLocationOf(endpoint: PublicEndpoint): string | undefined {
  const shown = publicPathOf(endpoint)
  if (endpoint.location === undefined || !shown.endsWith(endpoint.path)) return undefined
  return shown.slice(0, -endpoint.path.length) + endpoint.location
}
