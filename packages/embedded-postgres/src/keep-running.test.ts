import { expect, test, vi } from 'vitest'
import { keepRunning } from './keep-running.ts'

/** A server that ends when it is told to, and whose starts fail as often as they should. */
function fakeServer({ failing = 0, endsAtOnce = false } = {}) {
  const fake = {
    isRunning: true,
    news: [] as string[],
    starts: 0,
    failing,
    server: {
      isRunning: () => fake.isRunning,
      restart: async () => {
        fake.starts++
        if (fake.failing-- > 0) throw new Error('no space left')
        fake.isRunning = !endsAtOnce
      },
      onAway: () => fake.news.push('away'),
      onFailure: (error: unknown, pauseMs: number) => fake.news.push(`${(error as Error).message}, ${pauseMs} ms`),
      onBack: () => fake.news.push('back'),
      onGivenUp: (error: unknown) => fake.news.push(`given up: ${(error as Error).message}`),
    },
  }
  return fake
}

const pauses = [1, 2, 4]

test('F4 a server that ended is started at once, and told of', async () => {
  const fake = fakeServer()
  const kept = keepRunning(fake.server, { pauses, everyMs: 1, steady: 0 })
  fake.isRunning = false
  await vi.waitFor(() => expect(fake.news).toEqual(['away', 'back']))
  fake.isRunning = false
  await vi.waitFor(() => expect(fake.news).toEqual(['away', 'back', 'away', 'back']))
  await kept.stop()
  fake.isRunning = false
  expect(fake.starts).toBe(2)
})

test('F4 a start that fails is tried again with pauses that grow, and after a good one they begin anew', async () => {
  const fake = fakeServer({ failing: 3 })
  const kept = keepRunning(fake.server, { pauses, everyMs: 1, steady: 0 })
  fake.isRunning = false
  await vi.waitFor(() => expect(fake.news.at(-1)).toBe('back'))
  expect(fake.news.slice(1, -1)).toEqual(['no space left, 1 ms', 'no space left, 2 ms', 'no space left, 4 ms'])
  fake.failing = 1
  fake.isRunning = false
  await vi.waitFor(() => expect(fake.news.slice(-2)).toEqual(['no space left, 1 ms', 'back']))
  await kept.stop()
})

test('F4 after as many failures as there are pauses it is given up', async () => {
  const fake = fakeServer({ failing: Infinity })
  const kept = keepRunning(fake.server, { pauses, everyMs: 1, steady: 0 })
  fake.isRunning = false
  await vi.waitFor(() => expect(fake.news.at(-1)).toBe('given up: no space left'))
  expect(fake.starts).toBe(pauses.length + 1)
  await kept.stop()
})

test('F4 a server that ends right after each start has failed to start', async () => {
  const fake = fakeServer({ endsAtOnce: true })
  const kept = keepRunning(fake.server, { pauses, everyMs: 1, steady: 60_000 })
  fake.isRunning = false
  await vi.waitFor(() => expect(fake.news.at(-1)).toBe('given up: it ended right after its start'))
  expect(fake.starts).toBe(pauses.length)
  await kept.stop()
})

test('F4 whoever stops waits for no pause', async () => {
  const fake = fakeServer({ failing: Infinity })
  const kept = keepRunning(fake.server, { pauses: [3_600_000], everyMs: 1, steady: 0 })
  fake.isRunning = false
  await vi.waitFor(() => expect(fake.news).toHaveLength(2))
  await kept.stop()
  expect(fake.starts).toBe(1)
})
