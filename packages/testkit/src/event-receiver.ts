import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { WebhookMessage } from '@kakilima/contracts/webhooks'
import { Webhook } from 'standardwebhooks'

export type Message = WebhookMessage & { data: { id: number; version: number } & Record<string, any> }

export type EventReceiver = {
  url: string
  secret: string
  /** All messages whose signature was right, as often as they came, with the milliseconds of a clock that never jumps. */
  arrived: { message: Message; at: number }[]
  /** How many were not signed as they must be. */
  refused: () => number
  /** How the next messages are answered: a status, or `cut` for none, though the message was taken in. Waited for, so it may be late. */
  answer: (message: Message) => Promise<number | 'cut'> | number | 'cut'
  /** Headers that answers come with beside their own. */
  headers: Record<string, string>
  /** Nobody listens at the address any more, and somebody listens again. */
  goDown: () => void
  comeUp: () => Promise<void>
  stop: () => void
}

/** A receiver of webhooks as anybody would write one: it verifies each message by the library of Standard Webhooks and keeps it. */
export async function startReceiver(): Promise<EventReceiver> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const webhook = new Webhook(secret)
  let refused = 0
  let server = createServer(receive)

  function receive(request: IncomingMessage, response: ServerResponse): void {
    void take(request, response)
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    let message: Message
    try {
      message = webhook.verify(body, request.headers as Record<string, string>) as Message
    } catch {
      refused++
      response.writeHead(401).end()
      return
    }
    receiver.arrived.push({ message, at: performance.now() })
    const answer = await receiver.answer(message)
    if (answer === 'cut') response.destroy()
    else
      response.writeHead(answer, { 'content-type': 'application/json', ...receiver.headers }).end('{"received":true}')
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  const receiver: EventReceiver = {
    url: `http://127.0.0.1:${port}/events?of=kakilima`,
    secret,
    arrived: [],
    refused: () => refused,
    answer: () => 200,
    headers: {},
    goDown: close,
    async comeUp() {
      server = createServer(receive)
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    stop: close,
  }
  return receiver
}
