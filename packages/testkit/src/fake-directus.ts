import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

type Item = Record<string, any>

export type FakeDirectus = {
  url: string
  token: string
  /** What its collection `products` holds. */
  items: Map<number, Item>
  requests: { method: string; path: string; body: any }[]
  /** Set by a test to answer a request with this status instead, before anything is done. */
  refuse: (method: string) => number | undefined
  stop: () => void
}

/** A Directus as far as somebody goes who keeps its collection `products`: it answers what a real one of version 12 answers. */
export async function startFakeDirectus(): Promise<FakeDirectus> {
  const server = createServer((request, response) => void answer(request, response))

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, fake.url)
    const sent = await text(request)
    const method = request.method!
    const body = sent === '' ? undefined : JSON.parse(sent)
    fake.requests.push({ method, path: request.url!, body })
    const reply = (status: number, data?: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(data && JSON.stringify(data))
    const fail = (status: number, code: string) => reply(status, { errors: [{ message: code, extensions: { code } }] })

    const refusal = fake.refuse(method)
    if (refusal !== undefined) return void fail(refusal, refusal === 503 ? 'SERVICE_UNAVAILABLE' : 'FORBIDDEN')
    if (request.headers.authorization !== `Bearer ${fake.token}`) return void fail(401, 'INVALID_CREDENTIALS')
    const [, id] = /^\/items\/products(?:\/(\d+))?$/.exec(pathname) ?? []
    const held = fake.items.get(Number(id))
    if (method === 'GET' && id === undefined) {
      const wanted = Number(searchParams.get('filter[id][_eq]'))
      return void reply(200, { data: [...fake.items.values()].filter((item) => item.id === wanted) })
    }
    if (method === 'POST' && id === undefined) {
      if (fake.items.has(body.id)) return void fail(400, 'RECORD_NOT_UNIQUE')
      fake.items.set(body.id, body)
      return void reply(200, { data: body })
    }
    // What is not there is changed with success, and nothing is written.
    if (method === 'PATCH' && held === undefined) return void reply(204)
    if (held === undefined) return void fail(403, 'FORBIDDEN')
    if (method === 'PATCH') Object.assign(held, body)
    if (method === 'DELETE') fake.items.delete(Number(id))
    reply(method === 'PATCH' ? 200 : 204, method === 'PATCH' ? { data: held } : undefined)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const fake: FakeDirectus = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'a-static-token',
    items: new Map(),
    requests: [],
    refuse: () => undefined,
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return fake
}
