import { expect, test } from 'vitest'
import { paymentWindows, readOrderConfig } from './config.ts'

const environment = { DATABASE_URL: 'postgres://127.0.0.1/order' }

test('there is a standard window, and one for each method that has its own', () => {
  expect(paymentWindows(readOrderConfig(environment))).toEqual({ standard: 10 })
  const config = readOrderConfig({
    ...environment,
    PAYMENT_WINDOW_SECONDS: '60',
    PAYMENT_WINDOW_SECONDS_QRIS: '2.5',
    PAYMENT_WINDOW_SECONDS_BANK_TRANSFER: '0',
  })
  expect(paymentWindows(config)).toEqual({ standard: 60, QRIS: 2.5, BANK_TRANSFER: 0 })
})

test('the database of a service that runs alone may be named by DATABASE_URL, and its own name wins', () => {
  expect(readOrderConfig(environment).ORDER_DATABASE_URL).toBe('postgres://127.0.0.1/order')
  const own = { ...environment, ORDER_DATABASE_URL: 'postgres://127.0.0.1/own' }
  expect(readOrderConfig(own).ORDER_DATABASE_URL).toBe('postgres://127.0.0.1/own')
})

test.each([
  'redis://127.0.0.1:6379',
  'redis://:secret@redis:6379/1',
  'rediss://redis.example.com',
  'unix:/run/redis.sock',
])('the queue may be in the Redis at %s', (url) =>
  expect(readOrderConfig({ ...environment, REDIS_URL: url }).REDIS_URL).toBe(url),
)

test.each(['127.0.0.1:6379', 'http://redis', 'redis://', 'unix:'])('%s is no address of a Redis', (url) => {
  expect(() => readOrderConfig({ ...environment, REDIS_URL: url })).toThrow(
    'REDIS_URL is not a Redis address like redis://user:password@127.0.0.1:6379 or unix:/run/redis.sock.',
  )
})
