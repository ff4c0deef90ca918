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
  /** Reads the list at once: what somebody ended through this gateway is dead here when it is answered. */
  refresh: () => Promise<void>
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
  // Answers may come in another order than they were asked for, and an older one must not bring a token back to life.
  let asked = 0
  let answered = 0
  // Noted here and maybe not in the list yet that is on its way.
  const own = new Set<number>()

  async function read(): Promise<void> {
    const turn = ++asked
    const ids = await sessions.ended()
    if (turn < answered) return
    answered = turn
    ended = new Set(ids)
    isLoaded = true
    for (const id of own) if (ended.has(id)) own.delete(id)
  }

  const loop: Loop = startLoop({
    name: 'ended sessions',
    logger,
    idleMs: refreshMs,
    round: async () => {
      await read()
      return false
    },
  })
  return {
    requireLoaded: () => {
      if (!isLoaded) throw problem('neighbor-unavailable', 'The user service cannot be reached')
    },
    has: (id) => ended.has(id) || own.has(id),
    add: (id) => own.add(id),
    refresh: async () => {
      try {
        await read()
      } catch (err) {
        // The change stands, and the loop asks again in a moment.
        logger.warn({ err }, 'the sessions that were just ended are not known yet')
      }
    },
    stop: loop.stop,
  }
}
