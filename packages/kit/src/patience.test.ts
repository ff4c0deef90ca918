import { expect, test } from 'vitest'
import { noPatience, withPatience } from './patience.ts'

const away = new Error('connect ECONNREFUSED')
const isAway = (error: unknown) => error === away

function failing(times: number, error = away) {
  const work = async () => {
    work.tries++
    if (work.tries <= times) throw error
    return 'done'
  }
  work.tries = 0
  return work
}

test('F5 what is still starting is waited for, and somebody is told', async () => {
  const told: string[] = []
  const work = failing(2)
  expect(await withPatience({ forMs: 60_000, tell: (line) => told.push(line) }, 'the database', isAway, work)).toBe(
    'done',
  )
  expect(told).toEqual(['Waiting for the database (60 s more at most): connect ECONNREFUSED'])
})

test('F5 patience ends, with what failed last', async () => {
  const work = failing(Infinity)
  await expect(withPatience({ forMs: 600, tell: () => undefined }, 'Redis', isAway, work)).rejects.toBe(away)
  expect(work.tries).toBeGreaterThan(1)
})

test('what waiting cannot mend is told at once, and so is everything to who has no patience', async () => {
  const wrong = new Error('password authentication failed')
  const work = failing(1, wrong)
  await expect(withPatience({ forMs: 60_000, tell: () => undefined }, 'it', isAway, work)).rejects.toBe(wrong)
  const once = failing(1)
  await expect(withPatience(noPatience, 'it', isAway, once)).rejects.toBe(away)
  expect([work.tries, once.tries]).toEqual([1, 1])
})

test('whoever is told to stop waits no longer', async () => {
  const stopping = new AbortController()
  const waiting = withPatience(
    { forMs: 60_000, tell: () => stopping.abort(), stopping: stopping.signal },
    'it',
    isAway,
    failing(Infinity),
  )
  await expect(waiting).rejects.toThrow('aborted')
})
