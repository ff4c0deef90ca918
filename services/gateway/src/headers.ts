import type { Server } from '@kakilima/kit/server'

/** A browser takes an answer for what it says it is. */
const always = { 'x-content-type-options': 'nosniff' }
/**
 * An answer of the API is no page: nothing in it may load, run or be framed. And it is for its caller alone. What else a page needs is
 * left out, since every header costs about a microsecond of an order.
 */
const ofTheApi = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
}
const ofPages = {
  'content-security-policy': "frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}
/** Where programs ask and no page is shown. */
const pathsOfPrograms = /^\/(api|items)\//
/** Tells browsers for a year to come by HTTPS only. Production has it; a machine to try things out on must not lose its HTTP. */
const ofProduction = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }

/** Gives every answer the headers that keep browsers from misusing it, refusals too. A route that sets one of them keeps its own. */
export function addSecurityHeaders(app: Server, isProduction: boolean): void {
  const everywhere = { ...always, ...(isProduction && ofProduction) }
  const api = Object.entries({ ...everywhere, ...ofTheApi })
  const pages = Object.entries({ ...everywhere, ...ofPages })
  app.addHook('onSend', (request, reply, payload, done) => {
    for (const [name, value] of pathsOfPrograms.test(request.url) ? api : pages)
      if (!reply.hasHeader(name)) reply.header(name, value)
    done(null, payload)
  })
}
