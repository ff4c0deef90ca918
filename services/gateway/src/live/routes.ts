import websocket, { type WebSocket, type WebsocketPluginOptions } from '@fastify/websocket'
import { liveCloseCodes } from '@kakilima/contracts/live'
import { problem } from '@kakilima/contracts/problems'
import type { Logger } from '@kakilima/kit/logger'
import type { Server } from '@kakilima/kit/server'
import type { FastifyRequest } from 'fastify'
import { findCaller, isPageOfShop, sessionCookie } from '../auth/authorize.ts'
import type { EndedSessions } from '../auth/ended-sessions.ts'
import type { Tokens } from '../auth/tokens.ts'
import { followOrders } from './follow-orders.ts'
import { requireHandshake } from './handshake.ts'
import { createListeners, type Listener } from './listeners.ts'
import { readToken } from './read-token.ts'
import type { OrderFeed } from './order-feed.ts'
import type { SharedOrderFeed } from './shared-order-feed.ts'
import { watchListeners, type WatchLimits } from './watch-listeners.ts'

export type LiveDeps = {
  logger: Logger
  tokens: Tokens
  ended: EndedSessions
  orderFeed: OrderFeed | SharedOrderFeed
}

type LiveLimits = WatchLimits & {
  /** Connections of one account. */
  perAccount: number
}

const defaultLimits: LiveLimits = {
  perAccount: 20,
  unreadBytes: 1024 * 1024,
  everyMs: 1000,
  signInMs: 10_000,
  silentMs: 30_000,
}

// `closeTimeout`, which the types don't know, is how long a client has to answer a goodbye before its connection is cut.
const options: WebsocketPluginOptions['options'] & { closeTimeout: number } = { maxPayload: 4096, closeTimeout: 2000 }

export const livePath = '/api/v1/live'

const description =
  'A WebSocket. Send `{"token": "…"}` first (never in the address); a page of this shop is known by its cookie and need not. ' +
  'Then comes `{"type": "ready"}`: read the list of orders after it. From then on comes `{"type": "order.updated", "order": …}` for each ' +
  "of the caller's orders when its status changes, and for staff and viewers for everybody's. The order is as `GET /api/v1/orders/{id}` " +
  'shows it at that moment. It may come twice, and steps in between may be left out: drop what has no higher `version` than you have. ' +
  'Closed with 4400 for a message that is not understood, with 4401 when no valid token comes in time, or when it expires or its ' +
  'session ends, with 1013 for too many connections or too much that was not read, with 1001 when the gateway stops.'

/** Live connections: whoever listens is told of every change of the orders that he or she may see. `maxSockets` of them at most. */
export async function liveRoutes(
  app: Server,
  { logger, tokens, ended, orderFeed }: LiveDeps,
  { origins, maxSockets, ...others }: { origins: string[]; maxSockets: number } & Partial<LiveLimits>,
): Promise<void> {
  const limits = { ...defaultLimits, ...others }
  const listeners = createListeners((token) => findCaller(token, tokens, ended), limits.perAccount)
  const watch = watchListeners(listeners, limits)
  const loop = followOrders(orderFeed, listeners, logger)
  app.addHook('onClose', async () => {
    watch.stop()
    await loop.stop()
  })

  function signIn(listener: Listener, token: string | undefined): void {
    if (token === undefined)
      return listeners.close(listener, liveCloseCodes.notUnderstood, 'Send {"token": "…"} and nothing else')
    listeners.signIn(listener, token)
    loop.wake()
  }

  function open(socket: WebSocket, request: FastifyRequest): void {
    const listener = listeners.add(socket)
    watch.add(listener)
    socket.on('close', () => listeners.remove(listener))
    socket.on('message', (data: Buffer) => {
      try {
        signIn(listener, readToken(data.toString()))
      } catch (error) {
        // Nobody above would catch it, and the whole gateway would end.
        logger.error({ err: error }, 'a live connection failed unexpectedly')
        listeners.close(listener, liveCloseCodes.internalError, 'Something went wrong on our side')
      }
    })
    // Only browsers name an origin, and here it is an allowed one. A cookie that does not count does not keep a token from coming.
    const cookie = request.headers.origin === undefined ? undefined : request.cookies[sessionCookie]
    if (cookie !== undefined && findCaller(cookie, tokens, ended) !== undefined) signIn(listener, cookie)
  }

  let isClosing = false
  // Apart from the other routes, which need none of what the library does with each request.
  await app.register(async (scope) => {
    await scope.register(websocket, {
      options,
      errorHandler: (error, socket, request) => {
        request.log.debug({ err: error }, 'a live connection broke')
        socket.close(liveCloseCodes.internalError)
      },
      preClose: async () => {
        isClosing = true
        scope.websocketServer.close()
        for (const client of scope.websocketServer.clients) client.close(liveCloseCodes.goingAway, 'The gateway stops')
      },
    })
    // The library cuts off whom it refuses only where it was asked before whoever refuses.
    scope.addHook('onResponse', async ({ raw }) => {
      if (raw.headers.upgrade !== undefined) raw.socket.destroySoon()
    })
    scope.route({
      method: 'GET',
      url: livePath,
      schema: { summary: 'Orders as they change, over a WebSocket', description },
      onRequest: async ({ ws, headers }) => {
        if (isClosing) throw problem('shutting-down')
        if (!ws) throw problem('upgrade-required', undefined, {}, { upgrade: 'websocket', connection: 'upgrade' })
        requireHandshake(headers)
        // A browser lets any page connect, and sends the cookie along: only here it can be told which page that is.
        if (headers.origin !== undefined && !isPageOfShop(headers, origins))
          throw problem('foreign-origin', 'Only pages of this shop may listen')
        ended.requireLoaded()
        if (scope.websocketServer.clients.size >= maxSockets)
          throw problem('live-unavailable', undefined, {}, { 'retry-after': '10' })
      },
      // Every request becomes a WebSocket or was refused above.
      handler: async () => ({}),
      wsHandler: open,
    })
  })
}
