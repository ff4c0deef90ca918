import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll } from 'vitest'

export type TcpProxy = {
  /** The address of the target with the proxy's place in it. */
  url: string
  /** Breaks all connections and refuses new ones, as a server that ended. */
  cut: () => void
  /** Passes nothing on and says nothing of it, as a server that stands still or a network that swallows. */
  stall: () => void
  /** Lets everything through again. */
  mend: () => void
  /** How many connections were refused so far. */
  refused: () => number
  /** Passes nothing on over the connections that are open now, for ever and without a word, as a firewall that forgot them. */
  lose: () => void
}

/** Stands between a service and its database, so that a test can take the database away from that one service. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target)
  const pairs = new Set<[Socket, Socket]>()
  const lost = new Set<[Socket, Socket]>()
  let refused = 0
  let state: 'passing' | 'stalled' | 'cut' = 'passing'

  const server = createServer((near) => {
    if (state === 'cut') {
      refused++
      return void near.destroy()
    }
    const far = connect(Number(port), hostname)
    const pair: [Socket, Socket] = [near, far]
    pairs.add(pair)
    for (const [from, to] of [pair, pair.toReversed() as [Socket, Socket]]) {
      from.on('data', (data) => to.write(data))
      from.on('error', () => to.destroy())
      from.on('close', () => {
        to.destroy()
        pairs.delete(pair)
        lost.delete(pair)
      })
    }
    if (state === 'stalled') hold(pair)
  })

  const hold = (pair: [Socket, Socket]) => pair.forEach((socket) => socket.pause())

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    state = 'cut'
    for (const [near] of pairs) near.destroy()
  }
  afterAll(() => {
    cut()
    server.close()
  })
  const url = new URL(target)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    cut,
    stall: () => {
      state = 'stalled'
      for (const pair of pairs) hold(pair)
    },
    refused: () => refused,
    lose: () => {
      for (const pair of pairs) {
        hold(pair)
        lost.add(pair)
      }
    },
    mend: () => {
      state = 'passing'
      for (const pair of pairs) if (!lost.has(pair)) pair.forEach((socket) => socket.resume())
    },
  }
}
