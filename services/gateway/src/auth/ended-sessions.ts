import type { SessionClient } from '@kakilima/contracts/clients'
import { problem } from '@kakilima/contracts/problems'
import { type Loop, startLoop } from '@kakilima/kit/loop'
import type { Logger } from '@kakilima/kit/logger'

export type EndedSessions = {
  has: (sessionId: number) => boolean
  /** Throws until it has learned for the first time: a gateway that just started knows of no logout before. */
  requireLoaded: () => void
  /** Notes a session that ended through this gateway: here it is dead at once. */
  add: (sessionId: number) => void
  stop: () => Promise<void>
}

const refreshMs = 5000

/**
 * Knows which sessions were ended before their time. Tokens are checked without asking anybody, so each gateway learns of ended
 * sessions by looking every five seconds: after a logout or a ban elsewhere a token is dead here well within a minute.
 */
export function watchEndedSessions(sessions: SessionClient, logger: Logger): EndedSessions {
  let ended = new Set<number>()
  let isLoaded = false
  // Noted here and maybe not in the list yet that is on its way.
  const own = new Set<number>()

  const loop: Loop = startLoop({
    name: 'ended sessions',
    logger,
    idleMs: refreshMs,
    round: async () => {
      ended = new Set(await sessions.ended())
      isLoaded = true
      for (const id of own) if (ended.has(id)) own.delete(id)
      return false
    },
  })
  return {
    requireLoaded: () => {
      if (!isLoaded)
        throw problem('neighbor-unavailable', 'The user service cannot be reached', {}, { 'retry-after': '1' })
    },
    has: (id) => ended.has(id) || own.has(id),
    add: (id) => own.add(id),
    stop: loop.stop,
  }
}
