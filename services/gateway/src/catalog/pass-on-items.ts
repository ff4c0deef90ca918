import type { Neighbor } from '@kakilima/kit/http-client'
import { passOn, pickHeaders } from '@kakilima/kit/pass-on'
import { notFound } from '@kakilima/kit/problem'
import type { Server } from '@kakilima/kit/server'

/** What of a request counts. Nobody's cookie or token goes along: here everybody sees what the public may see. */
const asked = ['accept', 'if-none-match']
const told = ['content-type', 'content-length', 'etag', 'cache-control', 'retry-after']

/** Answers reads of the catalog as the catalog does, under the same paths. */
export function passOnItems(app: Server, open: Neighbor['open']): void {
  app.get('/items/*', { schema: { hide: true } }, async (request, reply) => {
    // The query is passed on letter by letter. A path that only reads like this one, decoded, is none of the catalog's.
    const path = request.raw.url!
    if (!path.startsWith('/items/')) throw notFound(request)
    const answer = await open(request.method === 'HEAD' ? 'HEAD' : 'GET', path, pickHeaders(request.headers, asked))
    return passOn(reply, answer, told)
  })
}
