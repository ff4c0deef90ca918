// The load generator: a program of its own, so that what it costs can be told apart from what it measures. It speaks HTTP over plain
// sockets, because a client library would take more of the two cores than the shop does.
import { connect, type Socket } from 'node:net'
import type { Load, LoadResult } from './run-load.ts'

process.once('message', (load: Load) => {
  void run(load).then((result) => process.send!(result, () => process.disconnect()))
})

async function run(load: Load): Promise<LoadResult> {
  const requests = load.gets === undefined ? requestsOf(load) : readsOf(load.gets, load.port)
  const result: LoadResult = { statuses: {}, orderIds: [], latenciesMs: [], seconds: 0, cpuSeconds: 0 }
  const connections = await Promise.all(Array.from({ length: load.connections }, () => open(load.port)))
  const cpu = process.cpuUsage()
  const start = performance.now()
  let begun = 0
  /** Whether the load is over before a request that is due at a time. */
  const isOver = (dueAt: number): boolean =>
    'requests' in load.span ? begun++ >= load.span.requests : dueAt >= start + load.span.seconds * 1000

  /** Sends the next request and notes its answer. Counted from when it was due, so that a slow answer can't hide those behind it. */
  async function send(connection: Connection, dueAt: number): Promise<void> {
    const { status, body } = await connection.send(requests.next().value)
    result.statuses[status] = (result.statuses[status] ?? 0) + 1
    result.latenciesMs.push(performance.now() - dueAt)
    if (load.gets !== undefined) return
    const orderId = /"order_id":(\d+)/.exec(body)?.[1] ?? /^\{"id":(\d+)/.exec(body)?.[1]
    if (status < 300 && orderId !== undefined) result.orderIds.push(Number(orderId))
  }

  if (load.perSecond === undefined) {
    await Promise.all(
      connections.map(async (connection) => {
        while (!isOver(performance.now())) await send(connection, performance.now())
      }),
    )
  } else {
    const between = 1000 / load.perSecond
    let sent = 0
    await Promise.all(
      connections.map(async (connection) => {
        for (;;) {
          const dueAt = start + sent++ * between
          if (isOver(dueAt)) return
          const wait = dueAt - performance.now()
          if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
          await send(connection, dueAt)
        }
      }),
    )
  }

  result.seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  result.cpuSeconds = (user + system) / 1e6
  for (const connection of connections) connection.close()
  return result
}

/** Orders of distinct customers without end, as the bytes of a request each. */
function* requestsOf({ path, port, tokens, products, maxLines, keyPrefix }: Load): Generator<string, never> {
  for (let i = 0; ; i++) {
    const items = Array.from({ length: 1 + (i % maxLines) }, () => ({
      product_id: products[Math.floor(Math.random() * products.length)],
      quantity: 1,
    }))
    const user = i % tokens.length
    const body = JSON.stringify({ ...(path === '/orders' && { user_id: user + 1 }), items })
    yield (
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${tokens[user]}\r\n` +
      `Idempotency-Key: ${keyPrefix}-${i}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    )
  }
}

/** Reads of these paths in turn, without end. */
function* readsOf(paths: string[], port: number): Generator<string, never> {
  const requests = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
  for (let i = 0; ; i++) yield requests[i % requests.length]!
}

type Reply = { status: number; body: string }
type Connection = { send: (request: string) => Promise<Reply>; close: () => void }

async function open(port: number): Promise<Connection> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let received = ''
  let answer: ((reply: Reply) => void) | undefined
  let fail: ((error: Error) => void) | undefined
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    received += text
    const headEnd = received.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const length = Number(/content-length: (\d+)/i.exec(received)?.[1])
    if (received.length < headEnd + 4 + length) return
    const reply = { status: Number(received.slice(9, 12)), body: received.slice(headEnd + 4) }
    received = ''
    answer?.(reply)
  })
  socket.on('error', (error) => fail?.(error))
  socket.on('close', () => fail?.(new Error('the server closed a connection in use')))
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        answer = resolve
        fail = reject
        socket.write(request, 'latin1')
      }),
    close: () => {
      fail = undefined
      socket.destroy()
    },
  }
}
