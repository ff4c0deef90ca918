import type { Server } from '@kakilima/kit/server'

/** What browsers may do with an answer: take it for what it says it is, and show it in no frame. */
const always = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}
/** An answer of the API is no page: nothing in it may load or run. And it is for its caller alone. */
const ofTheApi = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
}
const ofPages = { 'content-security-policy': "frame-ancestors 'none'; base-uri 'none'; object-src 'none'" }
/** Tells browsers for a year to come by HTTPS only. Production has it; a machine to try things out on must not lose its HTTP. */
const ofProduction = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }

/** Gives every answer the headers that keep browsers from misusing it, refusals too. A route that sets one of them keeps its own. */
export function addSecurityHeaders(app: Server, isProduction: boolean): void {
  const everywhere = { ...always, ...(isProduction && ofProduction) }
  const api = Object.entries({ ...everywhere, ...ofTheApi })
  const pages = Object.entries({ ...everywhere, ...ofPages })
  app.addHook('onSend', (request, reply, payload, done) => {
    for (const [name, value] of request.url.startsWith('/api/') ? api : pages)
      if (!reply.hasHeader(name)) reply.header(name, value)
    done(null, payload)
  })
}
