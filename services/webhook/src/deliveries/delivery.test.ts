import { describe, expect, test } from 'vitest'
import { judge, readRetryAfter, retryDelayMs } from './delivery.ts'

test.each([200, 201, 202, 204, 299])('%i is a delivery', (status) => {
  expect(judge(status)).toEqual({ verdict: 'delivered', error: null })
})

test.each([301, 302, 303, 304, 307, 308])('%i is a redirect, which is a failure that says so', (status) => {
  expect(judge(status)).toEqual({ verdict: 'failed', error: expect.stringContaining('redirect') })
})

test.each([400, 401, 404, 409, 429, 500, 502, 503])('%i is a failure', (status) => {
  expect(judge(status)).toEqual({ verdict: 'failed', error: expect.stringContaining(String(status)) })
})

test('410 ends it', () => {
  expect(judge(410).verdict).toBe('gone')
})

describe('the pauses between tries', () => {
  test('begin with five seconds, double, and end at four hours', () => {
    const longest = [1, 2, 3, 4, 10, 12, 13, 100].map((attempts) => retryDelayMs(attempts, 1, null) / 1000)
    expect(longest).toEqual([5, 10, 20, 40, 2560, 10_240, 14_400, 14_400])
  })

  test('are up to a half shorter by chance', () => {
    expect(retryDelayMs(3, 0, null)).toBe(10_000)
    expect(retryDelayMs(3, 0.5, null)).toBe(15_000)
  })

  test('leave some thirty tries for three days', () => {
    let [tries, hours] = [1, 0]
    while (hours < 72) hours += retryDelayMs(tries++, 0.5, null) / 3_600_000
    expect(tries).toBeGreaterThan(20)
    expect(tries).toBeLessThan(45)
  })

  test('are as long as the receiver asks, within four hours, and never shorter', () => {
    expect(retryDelayMs(1, 1, 60_000)).toBe(60_000)
    expect(retryDelayMs(1, 1, 0)).toBe(5000)
    expect(retryDelayMs(1, 1, 1e12)).toBe(14_400_000)
  })
})

test('Retry-After is understood in seconds and as a date, and nothing else', () => {
  const now = Date.parse('2026-11-22T08:00:00Z')
  expect(readRetryAfter('120', now)).toBe(120_000)
  expect(readRetryAfter('Sun, 22 Nov 2026 08:01:00 GMT', now)).toBe(60_000)
  expect(readRetryAfter('Sun, 22 Nov 2026 07:00:00 GMT', now)).toBe(0)
  for (const nonsense of [undefined, '', 'soon', '-', ['1', '2']]) expect(readRetryAfter(nonsense, now)).toBeNull()
})
