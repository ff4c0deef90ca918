import { silentLogger } from '@kakilima/testkit/app'
import { eventually } from '@kakilima/testkit/eventually'
import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'
import { backoffMs, startLoop } from './loop.ts'

const logger = silentLogger()
const aDay = 24 * 60 * 60 * 1000

test('rounds follow each other without a pause while there is more to do', async () => {
  let rounds = 0
  const loop = startLoop({ name: 'test', logger, idleMs: aDay, round: async () => ++rounds < 100 })
  await eventually(() => expect(rounds).toBe(100))
  await loop.stop()
  expect(rounds).toBe(100)
})

test('work that just came ends the pause', async () => {
  let rounds = 0
  const loop = startLoop({
    name: 'test',
    logger,
    idleMs: aDay,
    round: async () => {
      rounds++
      return false
    },
  })
  for (const expected of [1, 2, 3]) {
    await eventually(() => expect(rounds).toBe(expected))
    loop.wake()
  }
  await loop.stop()
})

test('work that comes during a round is seen to right after it', async () => {
  let rounds = 0
  const first = Promise.withResolvers<boolean>()
  const loop = startLoop({
    name: 'test',
    logger,
    idleMs: aDay,
    round: () => (++rounds === 1 ? first.promise : Promise.resolve(false)),
  })
  loop.wake()
  first.resolve(false)
  await eventually(() => expect(rounds).toBe(2))
  await loop.stop()
})

test('stopping waits for the round in progress and starts no other', async () => {
  let rounds = 0
  let isStopped = false
  const round = Promise.withResolvers<boolean>()
  const loop = startLoop({ name: 'test', logger, idleMs: 0, round: () => (rounds++, round.promise) })
  const stopped = loop.stop().then(() => (isStopped = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(isStopped).toBe(false)
  round.resolve(true)
  await stopped
  expect(rounds).toBe(1)
})

test('stopping ends a pause at once', async () => {
  const loop = startLoop({ name: 'test', logger, idleMs: aDay, round: async () => false })
  await expect(loop.stop()).resolves.toBeUndefined()
  // Twice does no harm.
  await expect(loop.stop()).resolves.toBeUndefined()
})

test('a round that fails is logged and tried again, and failures are counted anew after a success', async () => {
  const lines: { level: number; loop: string; failures: number; err: { message: string } }[] = []
  const loud = createLogger('test', 'warn', { write: (line) => lines.push(JSON.parse(line)) })
  let rounds = 0
  const loop = startLoop({
    name: 'sweeper',
    logger: loud,
    idleMs: 1,
    round: async () => {
      rounds++
      if (rounds !== 3 && rounds < 6) throw new Error('the database is away')
      return false
    },
  })
  await eventually(() => expect(rounds).toBeGreaterThan(6))
  await loop.stop()
  expect(lines.map((line) => [line.loop, line.failures, line.err.message])).toEqual([
    ['sweeper', 1, 'the database is away'],
    ['sweeper', 2, 'the database is away'],
    ['sweeper', 1, 'the database is away'],
    ['sweeper', 2, 'the database is away'],
  ])
})

test('pauses double with each failure up to a limit, never the same twice', () => {
  for (const [failures, longest] of [
    [1, 200],
    [2, 400],
    [5, 3200],
    [10, 5000],
    [1000, 5000],
  ] as const) {
    const pauses = Array.from({ length: 100 }, () => backoffMs(100, failures))
    expect(Math.max(...pauses)).toBeLessThanOrEqual(longest)
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(longest / 2)
    expect(new Set(pauses).size).toBeGreaterThan(1)
  }
})
