import { liveCloseCodes } from '@kakilima/contracts/live'
import type { Listener, Listeners } from './listeners.ts'

export type WatchLimits = {
  /** How often all are looked at. */
  everyMs: number
  /** How long a connection may stay without a token. */
  signInMs: number
  /** How long a connection has for a sign of life before it is asked again; without one it is given up then. */
  silentMs: number
  /** How much may wait to be read by one. What is sent between two looks comes on top. */
  unreadBytes: number
}

type Watched = { signInByMs: number; pingAtMs: number; isAlive: boolean }

/**
 * Looks at all live connections again and again. Closes those that don't sign in, those whose token has expired or whose session has
 * ended, those that don't read, and those that are dead.
 */
export function watchListeners(listeners: Listeners, { everyMs, signInMs, silentMs, unreadBytes }: WatchLimits) {
  const watched = new WeakMap<Listener, Watched>()
  // Not all at the same moment, though they may have come at the same moment.
  const nextPing = () => performance.now() + silentMs * (0.5 + Math.random() / 2)

  function look(): void {
    for (const listener of listeners.all) {
      const watch = watched.get(listener)
      if (watch === undefined || !listeners.checkAgain(listener)) continue
      const now = performance.now()
      if (listener.signedIn === undefined && now > watch.signInByMs)
        listeners.close(listener, liveCloseCodes.signInFirst, 'No token came in time')
      else if (listener.socket.bufferedAmount > unreadBytes)
        listeners.close(listener, liveCloseCodes.tryLater, 'Too much was not read')
      else if (now > watch.pingAtMs) ping(listener, watch)
    }
  }

  function ping(listener: Listener, watch: Watched): void {
    // Whoever is gone does not answer a goodbye either.
    if (!watch.isAlive) return listener.socket.terminate()
    watch.isAlive = false
    watch.pingAtMs = nextPing()
    listener.socket.ping()
  }

  const timer = setInterval(look, everyMs)
  return {
    add(listener: Listener): void {
      const watch = { signInByMs: performance.now() + signInMs, pingAtMs: nextPing(), isAlive: true }
      watched.set(listener, watch)
      listener.socket.on('pong', () => (watch.isAlive = true))
    },
    stop: () => clearInterval(timer),
  }
}
