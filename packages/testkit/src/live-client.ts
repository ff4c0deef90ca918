import type { LiveMessage } from '@kakilima/contracts/live'
import { eventually } from './eventually.ts'
import { expect } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'

export type LiveClient = {
  socket: WebSocket
  /** All that was heard so far. */
  messages: LiveMessage[]
  /** Waits until it was told that from now on changes are told. */
  ready: () => Promise<void>
  /** Waits for an order in this status, and returns it as it was told. */
  hear: (orderId: number, status: string) => Promise<unknown>
  /** The code with which the gateway closes the connection, or has closed it. */
  closed: Promise<number>
}

const open = new Set<WebSocket>()

/**
 * Listens at a gateway. Sends `{"token": …}` first where a token is given. Rejects with the status of the answer where the gateway does
 * not take the connection. Close what is left open with `closeLiveClients`.
 */
export async function listenLive(url: string, token?: string, options: ClientOptions = {}): Promise<LiveClient> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/v1/live`, options)
  const messages: LiveMessage[] = []
  open.add(socket)
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString())))
  const closed = new Promise<number>((resolve) => {
    socket.once('close', (code: number) => resolve(code))
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('unexpected-response', (_request, answer) => {
      answer.resume()
      reject(new Error(`the gateway answers ${answer.statusCode}`, { cause: answer }))
    })
    socket.once('error', reject)
  })
  // A connection that breaks is closed as well, and that is what is waited for.
  socket.on('error', () => undefined)
  if (token !== undefined) socket.send(JSON.stringify({ token }))

  async function find(isIt: (message: LiveMessage) => boolean, what: string): Promise<LiveMessage> {
    return eventually(() => {
      const found = messages.find(isIt)
      expect(found, `${what} among ${messages.map(describe).join(', ')}`).toBeDefined()
      return found!
    })
  }

  return {
    socket,
    messages,
    closed,
    ready: async () => void (await find(({ type }) => type === 'ready', 'ready')),
    async hear(orderId, status) {
      const isIt = (message: LiveMessage) =>
        message.type === 'order.updated' && message.order.id === orderId && message.order.status === status
      const message = await find(isIt, `order ${orderId} ${status}`)
      return message.type === 'order.updated' && message.order
    },
  }
}

function describe(message: LiveMessage): string {
  return message.type === 'ready' ? 'ready' : `order ${message.order.id} ${message.order.status}`
}

export function closeLiveClients(): void {
  for (const socket of open) socket.terminate()
  open.clear()
}
