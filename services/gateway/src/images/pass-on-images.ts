import { problem } from '@kakilima/contracts/problems'
import type { Neighbor } from '@kakilima/kit/http-client'
import { passOn, pickHeaders } from '@kakilima/kit/pass-on'
import { notFound } from '@kakilima/kit/problem'
import type { Server } from '@kakilima/kit/server'

/** What of a request counts. Nobody's cookie or token goes along. */
const asked = ['accept', 'if-none-match', 'if-modified-since', 'range', 'if-range']
const told = [
  'content-type',
  'content-length',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
  'cache-control',
  'content-security-policy',
  'cross-origin-resource-policy',
]

/** Shows the pictures of the inventory service under the same paths. */
export function passOnImages(app: Server, open: Neighbor['open']): void {
  app.get<{ Params: { '*': string } }>('/images/*', { schema: { hide: true } }, async (request, reply) => {
    const path = imagePath(request.params['*'])
    if (path === undefined) throw notFound(request)
    const answer = await open(request.method === 'HEAD' ? 'HEAD' : 'GET', path, pickHeaders(request.headers, asked))
    if (![200, 206, 304].includes(answer.status)) {
      await answer.body.dump()
      if (answer.status >= 500) throw problem('neighbor-failed', 'The inventory service failed')
      throw answer.status === 400 ? problem('bad-request') : notFound(request)
    }
    return passOn(reply, answer, told)
  })
}

/** The path of a picture, or undefined where a part of it could lead out of their folder, in whatever spelling. */
function imagePath(name: string): string | undefined {
  const parts = name.split('/')
  if (parts.some((part) => part === '' || part.startsWith('.') || /[\\\0]/.test(part))) return undefined
  return `/images/${parts.map(encodeURIComponent).join('/')}`
}
