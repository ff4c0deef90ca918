import { ConfigError } from '@kakilima/kit/config'
import { expect, test } from 'vitest'
import { readPaymentConfig } from './config.ts'
import { providers } from './providers/providers.ts'

const database = { DATABASE_URL: 'postgres://127.0.0.1/payment' }

function faultsOf(env: Record<string, string>): string[] {
  try {
    readPaymentConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

test('the simulator takes the payments unless somebody else is named', () => {
  expect(readPaymentConfig(database).PAYMENT_PROVIDER).toBe('simulator')
  expect(readPaymentConfig({ ...database, PAYMENT_PROVIDER: 'manual' }).PAYMENT_PROVIDER).toBe('manual')
})

test('an unknown provider is refused', () => {
  expect(faultsOf({ ...database, PAYMENT_PROVIDER: 'qris' })).toEqual([
    'PAYMENT_PROVIDER must be one of simulator, manual.',
  ])
})

test('each provider gives the payer something to pay with, which names the order', async () => {
  for (const provider of Object.values(providers)) {
    for (const payment_method of provider.methods) {
      const { reference } = await provider.start({ id: 1, order_id: 4711, amount: 5000, payment_method })
      expect(reference).toContain('4711')
    }
  }
  const account = await providers.simulator.start({
    id: 1,
    order_id: 4711,
    amount: 5000,
    payment_method: 'VIRTUAL_ACCOUNT',
  })
  expect(account.reference).toBe('8808000000004711')
})
