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
