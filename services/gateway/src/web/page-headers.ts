/**
 * What a page of ours may do: load and call what comes from this shop, show pictures, and nothing else. No script or style that stands in
 * the page itself runs. `imageOrigins` are where the shop's own pictures come from, when that is another address.
 */
export function pageHeaders(imageOrigins: string[]): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    // Staff may name a picture anywhere; plain HTTP only from where the shop keeps its own.
    `img-src 'self' data: https: ${imageOrigins.join(' ')}`.trim(),
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ]
  return { 'content-security-policy': policy.join('; '), 'cache-control': 'no-cache' }
}
