import type { Queue } from '@kakilima/queue/queue'
import { silentLogger } from '@kakilima/testkit/app'
import { eventually } from '@kakilima/testkit/eventually'
import { beforeEach, expect, test, vi } from 'vitest'
import { createGauge, watchQueue } from './queue-gauge.ts'

let gauge: ReturnType<typeof createGauge>
let atMs: number
let decided: number

beforeEach(() => {
  gauge = createGauge({ orders: 50_000, seconds: 30 })
  atMs = 0
  decided = 0
})

/** Lets it see a queue of this depth for some seconds, while the worker decides so many a second. */
function see(depth: number, perSecond: number, seconds: number): void {
  for (let reading = 0; reading < seconds * 4; reading++) {
    gauge.note({ depth, decided, atMs })
    atMs += 250
    decided += perSecond / 4
  }
}

function refusal(): unknown {
  try {
    gauge.requireRoom()
    return undefined
  } catch (error) {
    return error
  }
}

test('more orders than the limit are refused, and taken again at the first reading below it', () => {
  see(50_000, 8000, 0.25)
  expect(refusal()).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
  see(49_999, 8000, 0.25)
  expect(refusal()).toBeUndefined()
})

test('more seconds of work than the limit are refused, judged by the speed of a busy worker', () => {
  see(4000, 100, 6)
  expect(refusal()).toMatchObject({ status: 503, headers: { 'retry-after': '25' } })
  see(2500, 100, 0.25)
  expect(refusal()).toBeUndefined()
})

test('a worker that decides nothing at all for seconds leaves no room for long', () => {
  see(40, 0, 4)
  expect(refusal()).toBeUndefined()
  see(40, 0, 2)
  expect(refusal()).toMatchObject({ status: 503, headers: { 'retry-after': '25' } })
})

test('the first moment of a rush says nothing about the speed of deciding', () => {
  see(0, 0, 60)
  see(9000, 20, 1)
  expect(refusal()).toBeUndefined()
})

test('a quiet shop is no slow one', () => {
  see(2, 8, 60)
  see(20_000, 8, 0.25)
  expect(refusal()).toBeUndefined()
})

test('a queue that says nothing for three seconds is not sent anything, until it is heard of again', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const reading = { depth: 0, decided: 0 }
  let answer = Promise.withResolvers<typeof reading>()
  const queue = { depth: () => answer.promise } as Queue
  const watched = watchQueue(queue, { orders: 50_000, seconds: 30 }, silentLogger())
  try {
    vi.advanceTimersByTime(2900)
    watched.requireRoom()
    vi.advanceTimersByTime(200)
    expect(() => watched.requireRoom()).toThrow('Orders cannot be taken right now')
    answer.resolve(reading)
    await eventually(() => watched.requireRoom())
    answer = Promise.withResolvers()
    vi.advanceTimersByTime(3100)
    expect(() => watched.requireRoom()).toThrow('Orders cannot be taken right now')
  } finally {
    vi.useRealTimers()
    answer.resolve(reading)
    await watched.stop()
  }
})
