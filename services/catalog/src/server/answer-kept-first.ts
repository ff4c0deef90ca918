import type { IncomingMessage, ServerResponse } from 'node:http'
import { exposedHeaders, hostRule } from '@kakilima/kit/doors'
import { requestIdOf } from '@kakilima/kit/request-context'
import type { Server } from '@kakilima/kit/server'
import { isUnchanged, type KeptAnswers } from '../items/kept-answers.ts'

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Answers reads whose answer is kept before Fastify hears of them: that is several times as fast. Only those that are plainly a read of
 * the public, by a name and from a page that the doors let in; all others take the way through Fastify. The answers are the same.
 */
export function answerKeptFirst(app: Server, kept: KeptAnswers, allowedHosts: string, origins: string[]): void {
  const isAllowedHost = hostRule(allowedHosts)
  const isAllowedOrigin = new Set(origins)
  const exposed = exposedHeaders.join(', ')
  let isClosing = false
  // From then on Fastify ends each connection behind its answer.
  app.addHook('preClose', async () => {
    isClosing = true
  })

  function answer(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== 'GET' || isClosing) return false
    const found = kept.answerTo(request.url!)
    if (found === undefined) return false
    const { headers } = request
    const { host, origin } = headers
    if (origin !== undefined && !isAllowedOrigin.has(origin)) return false
    if (!isAllowedHost(host) || specialHeaders.some((name) => headers[name] !== undefined)) return false

    const head = [
      'vary',
      'Origin',
      'x-request-id',
      requestIdOf(headers['x-request-id']),
      'cache-control',
      'no-cache',
      'etag',
      found.etag,
    ]
    if (origin !== undefined) head.push('access-control-allow-origin', origin, 'access-control-expose-headers', exposed)
    if (isUnchanged(headers['if-none-match'], found.etag)) {
      response.writeHead(304, head).end()
    } else {
      head.push('content-type', 'application/json; charset=utf-8', 'content-length', String(found.body.length))
      response.writeHead(200, head).end(found.body)
    }
    return true
  }

  const [throughFastify] = app.server.listeners('request') as Listener[]
  app.server.removeAllListeners('request')
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!answer(request, response)) throughFastify!(request, response)
  })
}

// With any of these a request is not plain: somebody shows who they are, or sends something along.
const specialHeaders = ['authorization', 'content-length', 'transfer-encoding', 'expect', 'upgrade']
