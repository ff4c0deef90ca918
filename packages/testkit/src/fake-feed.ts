import type { EventType, ShopEvent } from '@kakilima/contracts/events'
import type { EventFeedClient } from '@kakilima/contracts/shop-clients'

export type FakeFeed = EventFeedClient & {
  /** Who follows it. */
  readers: Set<string>
  /** Lets something happen. Returns its event. */
  add: (type: EventType, subjectId: number, data?: Record<string, unknown>) => ShopEvent
  /** How often it was asked for events. */
  reads: () => number
  /** Drops what happened so far, as if nobody had needed it. */
  cut: () => void
  /** Throws where it should fail. */
  refuse: () => void
}

/** The events of a service that keeps them all. Each subject's version grows with each of its events. */
export function fakeFeed(): FakeFeed {
  const events: ShopEvent[] = []
  const versions = new Map<number, number>()
  let lastId = 0
  let cutUpTo = 0
  let reads = 0
  const feed: FakeFeed = {
    readers: new Set(),
    reads: () => reads,
    refuse: () => undefined,
    add(type, subjectId, data = {}) {
      const version = (versions.get(subjectId) ?? 0) + 1
      versions.set(subjectId, version)
      const occurred_at = new Date(1_795_000_000_000 + lastId).toISOString()
      const whole = { id: subjectId, version, ...data }
      const event = { id: ++lastId, type, subject_id: subjectId, version, occurred_at, data: whole }
      events.push(event)
      return event
    },
    cut() {
      cutUpTo = lastId
      events.length = 0
    },
    async begin(reader) {
      feed.refuse()
      feed.readers.add(reader)
      return { after: lastId, missing: [] }
    },
    async read({ after, reader }) {
      feed.refuse()
      reads++
      if (reader !== undefined) feed.readers.add(reader)
      return { events: events.filter(({ id }) => id > after).slice(0, 500), settled: 0, is_cut: after < cutUpTo }
    },
    async leave(reader) {
      feed.refuse()
      feed.readers.delete(reader)
      return { message: 'No events are kept for this reader any more' }
    },
  }
  return feed
}
