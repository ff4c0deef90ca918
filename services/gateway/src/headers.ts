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

/** The headers that keep browsers from misusing an answer, by the address that was asked for. */
export function securityHeaders(isProduction: boolean): (url: string) => readonly [string, string][] {
  const everywhere = { ...always, ...(isProduction && ofProduction) }
  const api = Object.entries({ ...everywhere, ...ofTheApi })
  const pages = Object.entries({ ...everywhere, ...ofPages })
  return (url) => (pathsOfPrograms.test(url) ? api : pages)
}
