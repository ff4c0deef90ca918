import type { WebSocket } from '@fastify/websocket'
import { type LiveMessage, liveCloseCodes } from '@kakilima/contracts/live'
import type { Order } from '@kakilima/contracts/order/order'
import type { Caller } from '../auth/tokens.ts'
import { isReader } from '../permissions.ts'

/** An open live connection. */
export type Listener = {
  socket: WebSocket
  /** Who listens, once that is known. The token is kept because it is looked at again and again: it expires, and its session may end. */
  signedIn: { token: string; caller: Caller } | undefined
}

export type Listeners = ReturnType<typeof createListeners>

/** Knows who listens, and tells each of the orders that concern it. `findCaller` finds nobody for a token that does not count. */
export function createListeners(findCaller: (token: string) => Caller | undefined, perAccount: number) {
  const all = new Set<Listener>()
  const ofUser = new Map<number, Set<Listener>>()
  const readers = new Set<Listener>()
  /** Signed in, and not told yet that changes are told. */
  const waiting = new Set<Listener>()

  function signOut(listener: Listener): void {
    waiting.delete(listener)
    readers.delete(listener)
    if (listener.signedIn === undefined) return
    const { userId } = listener.signedIn.caller
    const own = ofUser.get(userId)
    own?.delete(listener)
    if (own?.size === 0) ofUser.delete(userId)
    listener.signedIn = undefined
  }

  function remove(listener: Listener): void {
    signOut(listener)
    all.delete(listener)
  }

  function close(listener: Listener, code: number, reason: string): void {
    remove(listener)
    listener.socket.close(code, reason)
  }

  /** Whose token it is. Closes the connection and returns nothing where it does not count. */
  function check(listener: Listener, token: string): Caller | undefined {
    const caller = findCaller(token)
    if (caller === undefined) close(listener, liveCloseCodes.signInFirst, 'Sign in first')
    return caller
  }

  return {
    all: all as ReadonlySet<Listener>,
    remove,
    close,

    add(socket: WebSocket): Listener {
      const listener: Listener = { socket, signedIn: undefined }
      all.add(listener)
      return listener
    },

    /** Lets a connection listen for whoever the token names, from the next `markReady` on. A later token takes the place of an earlier. */
    signIn(listener: Listener, token: string): void {
      // What a client sends after it was told goodbye still comes in.
      if (!all.has(listener)) return
      const caller = check(listener, token)
      if (caller === undefined) return
      signOut(listener)
      const own = ofUser.get(caller.userId) ?? new Set()
      if (own.size >= perAccount) {
        close(listener, liveCloseCodes.tryLater, `One account may have ${perAccount} connections`)
        return
      }
      listener.signedIn = { token, caller }
      ofUser.set(caller.userId, own.add(listener))
      if (isReader(caller.role)) readers.add(listener)
      waiting.add(listener)
    },

    /** Closes the connection when its token has expired or its session has ended. Returns whether it stays. */
    checkAgain: (listener: Listener): boolean =>
      listener.signedIn === undefined || check(listener, listener.signedIn.token) !== undefined,

    hasSignedIn: () => ofUser.size > 0,

    /** Whether anybody listens who may hear of this customer's orders. */
    wants: (userId: number) => readers.size > 0 || ofUser.has(userId),

    /** Tells those who wait that from now on changes are told. */
    markReady(): void {
      for (const { socket } of waiting) socket.send(toBytes({ type: 'ready' }), { binary: false })
      waiting.clear()
    },

    tell(order: Order): void {
      const message = toBytes({ type: 'order.updated', order })
      // Staff may have orders of their own, and hear of them once.
      for (const { socket } of new Set([...(ofUser.get(order.user_id) ?? []), ...readers]))
        socket.send(message, { binary: false })
    },
  }
}

/** A message as bytes, which all who wait for it share. */
function toBytes(message: LiveMessage): Buffer {
  return Buffer.from(JSON.stringify(message))
}
