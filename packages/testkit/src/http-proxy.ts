import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll } from 'vitest'

export type ProxiedAnswer = { status: number; text: string }

export type HttpProxy = {
  url: string
  /**
   * Set by a test to do something before or after a request is passed on with `ask`, or in place of it. Where it throws, the caller's
   * connection is cut.
   */
  handle: (path: string, ask: () => Promise<ProxiedAnswer>, body: string) => Promise<ProxiedAnswer>
}

/** Stands between a service and its neighbour, so that a test can act at the moment when one of them has spoken and the other has not heard. */
export async function startHttpProxy(target: string): Promise<HttpProxy> {
  const server = createServer((request, response) => void pass(request, response))

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers
      const body = await text(request)
      const ask = async (): Promise<ProxiedAnswer> => {
        const asked = await fetch(target + request.url, {
          method: request.method!,
          headers: headers as Record<string, string>,
          body: request.method === 'GET' ? null : body,
        })
        return { status: asked.status, text: await asked.text() }
      }
      const answer = await proxy.handle(request.url!, ask, body)
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.text)
    } catch {
      response.destroy()
    }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })
  const proxy: HttpProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    handle: (_path, ask) => ask(),
  }
  return proxy
}
