import { silentLogger } from '@kakilima/testkit/app'
import { waitFor } from '@kakilima/testkit/call'
import { canRunRedis, startRedis } from '@kakilima/testkit/redis-per-file'
import type { RedisServer } from '@kakilima/testkit/redis-server'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { OrderFeed } from './order-feed.ts'
import { shareOrderFeed, type SharedOrderFeed } from './shared-order-feed.ts'

const leaseMs = 200
let redis: RedisServer
const opened: SharedOrderFeed[] = []

/** An order service whose events commit out of order where they are told to: `hold` keeps an id back until it is let go. */
function fakeFeed() {
  const events = new Map<number, { id: number; order_id: number; user_id: number }>()
  let lastId = 0
  const fake = {
    asked: 0,
    change(orderId: number, { hold = false } = {}) {
      const id = ++lastId
      const commit = () => void events.set(id, { id, order_id: orderId, user_id: 7 })
      if (!hold) commit()
      return commit
    },
    feed: {
      position: async () => ({ after: lastId, missing: [] }),
      changes: async ({ after, missing }) => {
        fake.asked++
        const changes = [...events.values()]
          .filter(({ id }) => id > after || missing.includes(id))
          .toSorted((one, other) => one.id - other.id)
          .slice(0, 500)
        return { changes, settled: 0 }
      },
      list: async () => [],
    } satisfies OrderFeed,
  }
  return fake
}

/** A gateway that follows: what it heard, in order, and how often it was told that something was missed. */
async function startFollower(source: ReturnType<typeof fakeFeed>, options = {}) {
  const feed = await shareOrderFeed(redis.url, source.feed, silentLogger(), { leaseMs, ...options })
  opened.push(feed)
  const heard: number[] = []
  const follower = { feed, heard, cuts: 0, after: 0, round }
  feed.onCut(() => follower.cuts++)
  follower.after = (await feed.position()).after
  async function round(): Promise<void> {
    const { changes } = await feed.changes({ after: follower.after, missing: [] })
    for (const { id, order_id } of changes) {
      heard.push(order_id)
      follower.after = Math.max(follower.after, id)
    }
  }
  return follower
}

/** Lets these follow until each has heard as many as are wanted. */
async function follow(followers: Awaited<ReturnType<typeof startFollower>>[], count: number): Promise<void> {
  await waitFor(
    async () => {
      for (const { round } of followers) await round()
      return followers.map(({ heard }) => heard.length)
    },
    (heard) => heard.every((length) => length >= count),
  )
}

describe.skipIf(!canRunRedis)('over Redis', () => {
  beforeAll(async () => {
    redis = await startRedis()
  })
  beforeEach(() => redis.clear())
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((feed) => feed.close()))
  })

  test('all gateways hear of each change once, and one of them asks for all', async () => {
    const source = fakeFeed()
    const followers = [await startFollower(source), await startFollower(source), await startFollower(source)]
    for (let orderId = 1; orderId <= 1200; orderId++) source.change(orderId)
    await follow(followers, 1200)
    const expected = Array.from({ length: 1200 }, (_, index) => index + 1)
    for (const { heard, cuts } of followers) expect([heard, cuts]).toEqual([expected, 0])
    source.asked = 0
    for (let n = 0; n < 10; n++) for (const { round } of followers) await round()
    expect(source.asked).toBe(10)
  })

  test('who begins hears of what comes from then on, and of what was committed late', async () => {
    const source = fakeFeed()
    const first = await startFollower(source)
    source.change(1)
    const commit = source.change(2, { hold: true })
    source.change(3)
    await follow([first], 2)
    const second = await startFollower(source)
    commit()
    source.change(4)
    await follow([first, second], 2)
    expect(first.heard).toEqual([1, 3, 2, 4])
    expect(second.heard).toEqual([2, 4])
  })

  test('when the one who asks is gone another goes on where it was, and nothing is missed or told twice', async () => {
    const source = fakeFeed()
    const [first, second] = [await startFollower(source), await startFollower(source)]
    source.change(1)
    await follow([first, second], 1)
    // It stops without a goodbye: nobody calls it any more.
    source.change(2)
    const commit = source.change(3, { hold: true })
    source.change(4)
    await follow([second], 3)
    commit()
    await follow([second], 4)
    expect(second.heard).toEqual([1, 2, 4, 3])
    await follow([first], 4)
    expect(first.heard).toEqual([1, 2, 4, 3])
    expect([first.cuts, second.cuts]).toEqual([0, 0])
  })

  test('many gateways that begin at once agree on one beginning', async () => {
    const source = fakeFeed()
    const followers = await Promise.all(Array.from({ length: 6 }, async () => startFollower(source)))
    source.change(1)
    await follow(followers, 1)
    for (const { heard, cuts } of followers) expect([heard, cuts]).toEqual([[1], 0])
  })

  test('Redis that is killed and comes back loses no change', async () => {
    const source = fakeFeed()
    const follower = await startFollower(source)
    source.change(1)
    await follow([follower], 1)
    await redis.kill()
    source.change(2)
    await expect(follower.round()).rejects.toThrow(/writeable|closed/)
    await redis.restart()
    source.change(3)
    await waitFor(
      () =>
        follower.round().then(
          () => follower.heard.length,
          () => 0,
        ),
      (count) => count === 3,
    )
    expect([follower.heard, follower.cuts]).toEqual([[1, 2, 3], 0])
  })

  test('where Redis has forgotten what was read, listeners are told, and then hear what comes', async () => {
    const source = fakeFeed()
    const follower = await startFollower(source)
    source.change(1)
    await follow([follower], 1)
    await redis.clear()
    source.change(2)
    const other = await startFollower(source)
    await follower.round()
    expect(follower.cuts).toBe(1)
    source.change(3)
    await follow([other], 1)
    await follow([follower], 2)
    expect([follower.heard, follower.cuts]).toEqual([[1, 3], 1])
    expect(other.heard).toEqual([3])
  })

  test('after a time in which nobody listened it begins anew, and what happened meanwhile is not told', async () => {
    const source = fakeFeed()
    const first = await startFollower(source, { keptMs: 0 })
    source.change(1)
    await first.feed.close()
    opened.length = 0
    source.change(2)
    const second = await startFollower(source, { keptMs: 0 })
    source.change(3)
    await follow([second], 1)
    expect(second.heard).toEqual([3])
  })
})
