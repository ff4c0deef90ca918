import { createHash, timingSafeEqual } from 'node:crypto'
import cors from '@fastify/cors'
import { problem } from '@kakilima/contracts/problems'
import type { FastifyInstance } from 'fastify'

export type DoorRules = {
  /** Host names that requests may name beside those of this machine. */
  allowedHosts: string[]
  /** The token that every call but the probes must show, or undefined where the doors are open. */
  serviceToken: string | undefined
  /** The origins of pages that may call, where pages of elsewhere may. Otherwise those of this machine, and pages opened from a file. */
  origins: string[] | undefined
}

const probes = new Set(['/livez', '/readyz'])
const loopbackOrigin = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/
const harmlessMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Who may call a service. A page on another site can make a browser on this machine send requests to it, by a name that it lets point
 * here or plainly across origins: a foreign Host is answered 421, a foreign Origin gets no CORS headers and no write.
 */
export async function addDoors(
  app: FastifyInstance<any, any, any, any, any>,
  { allowedHosts, serviceToken, origins }: DoorRules,
): Promise<void> {
  const hosts = new Set(['localhost', '127.0.0.1', '[::1]', ...allowedHosts.map((host) => host.toLowerCase())])
  const isAllowedOrigin = origins === undefined ? isLocalOrigin : (origin: string) => origins.includes(origin)
  const token = serviceToken === undefined ? undefined : digest(`Bearer ${serviceToken}`)

  app.addHook('onRequest', async (request) => {
    const { host = '', origin, authorization = '' } = request.headers
    if (!hosts.has(host.replace(/:\d+$/, '').toLowerCase()))
      throw problem('foreign-host', 'This host name is not served here')
    if (origin !== undefined && !isAllowedOrigin(origin) && !harmlessMethods.has(request.method)) {
      throw problem('foreign-origin', `Requests from ${origin.slice(0, 100)} are not allowed`)
    }
    const isProbe = probes.has(request.url)
    if (
      token !== undefined &&
      !isProbe &&
      request.method !== 'OPTIONS' &&
      !timingSafeEqual(digest(authorization), token)
    ) {
      throw problem(
        'unauthorized',
        'Show the service token: Authorization: Bearer …',
        {},
        { 'www-authenticate': 'Bearer' },
      )
    }
  })

  await app.register(cors, {
    origin: (origin, answer) => answer(null, origin !== undefined && isAllowedOrigin(origin)),
    credentials: origins !== undefined,
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowedHeaders: ['content-type', 'authorization', 'idempotency-key', 'x-request-id'],
    exposedHeaders: ['link', 'location', 'retry-after', 'x-request-id'],
    maxAge: 600,
  })
}

// `null` is the origin of a page opened from a file, as the old clients are.
function isLocalOrigin(origin: string): boolean {
  return origin === 'null' || loopbackOrigin.test(origin)
}

// Equal lengths for the comparison in constant time.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
