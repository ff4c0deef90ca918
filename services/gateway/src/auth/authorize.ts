import type { IncomingHttpHeaders } from 'node:http'
import { problem } from '@kakilima/contracts/problems'
import { isSameOrigin } from '@kakilima/kit/doors'
import { noteActor } from '@kakilima/kit/request-context'
import type { Server } from '@kakilima/kit/server'
import type { FastifyRequest } from 'fastify'
import { isStaff, permissions } from '../permissions.ts'
import type { EndedSessions } from './ended-sessions.ts'
import type { Caller, Tokens } from './tokens.ts'

export const sessionCookie = 'kakilima_session'

const callers = new WeakMap<FastifyRequest, Caller & { token: string }>()

/** Who makes a request, and by which token. Only for routes that are not open to anyone. */
export function callerOf(request: FastifyRequest): Caller & { token: string } {
  const caller = callers.get(request)
  if (caller === undefined) throw new Error(`${request.routeOptions.url} asks for its caller and is open to anyone`)
  return caller
}

/**
 * Guards every route under /api/v1 by the permission table, before anything of its body is looked at. A token is taken from the
 * `Authorization` header, or from the cookie of our own pages; a write that comes with the cookie must come from an allowed origin.
 * Returns the summaries of the routes, which fill up as routes are added: `GET /api/v1/me` → `Who am I?`.
 */
export function guardRoutes(
  app: Server,
  tokens: Tokens,
  ended: EndedSessions,
  origins: string[],
): ReadonlyMap<string, string> {
  const summaries = new Map<string, string>()
  app.addHook('onRoute', (route) => {
    const method = String(route.method)
    if (!route.url.startsWith('/api/v1/') || method === 'OPTIONS') return
    // Fastify adds a HEAD to every GET, made before this hook has run: it would tell nobody's length and count to everybody.
    const allowed = permissions[`${method === 'HEAD' ? 'GET' : method} ${route.url}`]
    if (allowed === undefined) throw new Error(`${method} ${route.url} is missing in permissions.ts`)
    if (method !== 'HEAD') summaries.set(`${method} ${route.url}`, summaryOf(route.schema))
    route.schema = { ...route.schema, ...describe(allowed) }
    if (allowed === 'anyone') return
    const guard = async (request: FastifyRequest): Promise<void> => {
      const caller = identify(request)
      if (allowed !== 'signed in' && !allowed.includes(caller.role)) {
        throw problem('forbidden', `This is for ${allowed.join(', ')} only`)
      }
      callers.set(request, caller)
      // For the services' audit logs.
      if (isStaff(caller.role)) noteActor(caller.userId)
    }
    route.onRequest = [guard, ...[route.onRequest ?? []].flat()]
  })

  function identify(request: FastifyRequest): Caller & { token: string } {
    const { authorization } = request.headers
    const fromHeader = authorization?.startsWith('Bearer ') ? authorization.slice(7) : undefined
    const fromCookie = fromHeader === undefined ? request.cookies[sessionCookie] : undefined
    if (fromCookie !== undefined && request.method !== 'GET' && !isPageOfShop(request.headers, origins)) {
      throw problem('foreign-origin', 'A write with a cookie must come from a page of this shop')
    }
    const token = fromHeader ?? fromCookie
    const caller = token === undefined ? undefined : findCaller(token, tokens, ended)
    if (token === undefined || caller === undefined)
      throw problem('unauthorized', 'Sign in first', {}, { 'www-authenticate': 'Bearer' })
    return { ...caller, token }
  }

  return summaries
}

function summaryOf(schema: object | undefined): string {
  return schema !== undefined && 'summary' in schema ? String(schema.summary) : ''
}

/** Whether a request comes from a page that may send cookies along: one of this gateway, or of an origin that CORS_ORIGINS names. */
export function isPageOfShop({ origin, host }: IncomingHttpHeaders, origins: string[]): boolean {
  return origin !== undefined && (origins.includes(origin) || isSameOrigin(origin, host))
}

/** Whom a token names, or undefined when it does not count or its session has ended. */
export function findCaller(token: string, tokens: Tokens, ended: EndedSessions): Caller | undefined {
  const caller = tokens.read(token)
  if (caller === undefined) return undefined
  ended.requireLoaded()
  return ended.has(caller.sessionId) ? undefined : caller
}

function describe(allowed: (typeof permissions)[string]) {
  if (allowed === 'anyone') return { tags: ['for anyone'] }
  const who = allowed === 'signed in' ? 'for whoever is signed in' : `for ${allowed.join(', ')}`
  return { tags: [who], security: [{ session: [] }] }
}
