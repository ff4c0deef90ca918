import { onServerClock } from './http.ts'

/**
 * How far the server's clock is ahead of this device's, in milliseconds. Each answer bounds it from both sides: the server wrote its
 * `Date`, cut to whole seconds, at some moment between our sending and our receiving. The bounds close in with every answer.
 */
let least = -Infinity
let most = Infinity

onServerClock((serverMs, sentMs, receivedMs) => {
  const low = serverMs - receivedMs
  const high = serverMs + 1000 - sentMs
  // A device whose clock was set meanwhile contradicts what we knew: begin anew.
  if (low > most || high < least) [least, most] = [low, high]
  else [least, most] = [Math.max(least, low), Math.min(most, high)]
})

/** The time by the server's clock, as far as it is known. */
export function serverNow(): number {
  return Date.now() + (Number.isFinite(least) && Number.isFinite(most) ? (least + most) / 2 : 0)
}
