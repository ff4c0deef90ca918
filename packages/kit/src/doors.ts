import type { IncomingHttpHeaders } from 'node:http'
import cors from '@fastify/cors'
import type { Account } from '@kakilima/contracts/account'
import { problem } from '@kakilima/contracts/problems'
import type { FastifyInstance } from 'fastify'
import { listOf } from './config.ts'
import { noteActor } from './request-context.ts'
import { comparesTo } from './secrets.ts'

export type DoorRules = {
  /** Whether requests may name this host. */
  isAllowedHost: (host: string | undefined) => boolean
  /** The token that every call but the probes must show, or undefined where the doors are open. */
  serviceToken: string | undefined
  /** Whom the token of a session names, which staff may show instead. */
  findAccount: (authorization: string) => Promise<Account | undefined>
  /** Whether pages of this origin may call. */
  isAllowedOrigin: (origin: string) => boolean
  /** Whether pages of the service's own address may call, whatever its name is. */
  takesOwnPages: boolean
  /** Whether pages may send cookies along. */
  takesCookies: boolean
}

const probes = new Set(['/livez', '/readyz'])
const loopbackOrigin = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/
const harmlessMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** What pages may read of an answer's headers, beside the few that they always may. */
export const exposedHeaders = ['link', 'location', 'retry-after', 'x-request-id']

/** Whether the `Host` of a request is a name of this machine or one of `allowedHosts`, a list as a setting holds it. */
export function hostRule(allowedHosts: string): (host: string | undefined) => boolean {
  const names = listOf(allowedHosts).map((host) => host.toLowerCase())
  const hosts = new Set(['localhost', '127.0.0.1', '[::1]', ...names])
  return (host = '') => hosts.has(host.replace(/:\d+$/, '').toLowerCase())
}

/** Whether pages of an origin may call: of these, or where none are given of this machine, and those opened from a file. */
export function originRule(origins: string[] | undefined): (origin: string) => boolean {
  return origins === undefined ? isLocalOrigin : (origin) => origins.includes(origin)
}

/** What lets a page read an answer. Only for the origin of a page that may call. */
export function corsHeaders(origin: string, takesCookies: boolean): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    ...(takesCookies && { 'access-control-allow-credentials': 'true' }),
    'access-control-expose-headers': exposedHeaders.join(', '),
  }
}

/**
 * Who may call a service. A page on another site can make a browser on this machine send requests to it, by a name that it lets point
 * here or plainly across origins: a foreign Host is answered 421, a foreign Origin gets no CORS headers and no write.
 */
export async function addDoors(
  app: FastifyInstance<any, any, any, any, any>,
  { isAllowedHost, serviceToken, findAccount, isAllowedOrigin, takesOwnPages, takesCookies }: DoorRules,
): Promise<void> {
  const isServiceToken = serviceToken === undefined ? undefined : comparesTo(`Bearer ${serviceToken}`)

  app.addHook('onRequest', async (request) => {
    const { host, origin, authorization = '' } = request.headers
    if (host === undefined && request.raw.httpVersion === '1.1')
      throw problem('bad-request', 'The header Host is missing')
    if (!isAllowedHost(host)) throw problem('foreign-host', 'This host name is not served here')
    const page = pageOf(request.headers)
    // What a foreign page reads is kept from it by the missing CORS headers; not so where its frame hides behind the origin `null`.
    const isOwn = takesOwnPages && isSameOrigin(page, host)
    if (
      page !== undefined &&
      !isOwn &&
      !isAllowedOrigin(page) &&
      (!harmlessMethods.has(request.method) || origin === 'null')
    ) {
      throw problem('foreign-origin', `Requests from ${page.slice(0, 100)} are not allowed`)
    }
    if (isServiceToken === undefined || probes.has(request.url) || request.method === 'OPTIONS') return
    if (isServiceToken(authorization)) return
    noteActor(requireStaff(await findAccount(authorization), request.method).id)
  })

  await app.register(cors, {
    origin: (origin, answer) => answer(null, origin !== undefined && isAllowedOrigin(origin)),
    credentials: takesCookies,
    methods: ['GET', 'POST', 'PUT', 'DELETE', 'SEARCH'],
    allowedHeaders: ['content-type', 'authorization', 'idempotency-key', 'x-request-id'],
    exposedHeaders,
    // An OPTIONS that asks for nothing is no fault.
    strictPreflight: false,
    maxAge: 600,
  })
}

/** Whether a page comes from the very address that it calls. Only for hosts that were found to be allowed. */
export function isSameOrigin(origin: string | undefined, host: string | undefined): boolean {
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`)
}

/** Staff may do everything on the internal network, viewers only look. */
function requireStaff(account: Account | undefined, method: string): Account {
  if (account === undefined) {
    const detail = "Show the service token or that of a staff member's session: Authorization: Bearer …"
    throw problem('unauthorized', detail, {}, { 'www-authenticate': 'Bearer' })
  }
  const isAllowed =
    account.role === 'admin' || account.role === 'staff' || (account.role === 'viewer' && harmlessMethods.has(method))
  if (!isAllowed) throw problem('forbidden', 'This is for staff only')
  return account
}

/**
 * The origin of the page that sends a request, as far as its browser tells; undefined where it is no page. A sandboxed frame has the
 * origin `null` just like a page opened from a file, but only the frame may name a page that it was loaded from.
 */
function pageOf({ origin, referer, 'sec-fetch-site': site }: IncomingHttpHeaders): string | undefined {
  if (origin !== undefined && origin !== 'null') return origin
  if (referer) return URL.canParse(referer) ? new URL(referer).origin : referer
  return origin ?? (site === 'cross-site' ? 'another site' : undefined)
}

// `null` is the origin of a page opened from a file, as the old clients are.
function isLocalOrigin(origin: string): boolean {
  return origin === 'null' || loopbackOrigin.test(origin)
}
