import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { fakeOrders } from '@kakilima/testkit/fake-orders'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { readPaymentConfig } from '../config.ts'
import type { PaymentTables } from '../database.ts'
import { providers } from '../providers/providers.ts'

const db = await testDatabase<PaymentTables>('payment')
const config = readPaymentConfig(testEnvironment({ PAYMENT_DATABASE_URL: 'postgres://unused' }))
const deps = { config, db, logger: silentLogger(), orders: fakeOrders() }
const manual = await buildApp({ ...deps, provider: providers.manual })
const simulated = await buildApp({ ...deps, provider: providers.simulator })
afterAll(() => Promise.all([manual.close(), simulated.close()]))

const account = { bank: 'BCA', number: '123 456 7890', holder: 'Sari Wulandari' }
const put = (accounts: unknown) =>
  manual.inject({ method: 'PUT', url: '/bank-accounts', payload: { accounts } as object })

beforeEach(() => put([]))

test('F18 a shop without a payment provider takes cash, and transfers once it names an account', async () => {
  const methods = async () => (await manual.inject('/payment-methods')).json()
  expect(await methods()).toEqual([
    { payment_method: 'BANK_TRANSFER', confirmed_by: ['staff'], is_offered: false, bank_accounts: [] },
    { payment_method: 'CASH', confirmed_by: ['staff'], is_offered: true, bank_accounts: [] },
  ])
  await put([account])
  const [transfer] = await methods()
  expect(transfer).toMatchObject({ payment_method: 'BANK_TRANSFER', is_offered: true, bank_accounts: [account] })
})

test('a shop that simulates offers every method, and the payer says that it is paid', async () => {
  const methods = (await simulated.inject('/payment-methods')).json()
  expect(methods.map((method: any) => [method.payment_method, method.is_offered])).toEqual([
    ['QRIS', true],
    ['VIRTUAL_ACCOUNT', true],
    ['EWALLET', true],
    ['BANK_TRANSFER', false],
    ['CASH', true],
  ])
  expect(methods[0].confirmed_by).toEqual(['payer', 'staff'])
})

test('accounts are set as a whole, without spaces around them, and logged as they were and are', async () => {
  const second = { ...account, bank: 'Mandiri' }
  await put([account])
  expect((await put([second, { ...account, bank: '  BCA ' }])).json()).toEqual({ accounts: [second, account] })
  expect((await manual.inject('/bank-accounts')).json()).toEqual({ accounts: [second, account] })
  const [entry] = (await manual.inject('/audit-log?subject=bank_accounts:1')).json()
  expect(entry).toMatchObject({
    action: 'bank_accounts.update',
    before: { accounts: [account] },
    after: { accounts: [second, account] },
  })
})

test.each([
  ['no bank', [{ ...account, bank: ' ' }]],
  ['a number with letters', [{ ...account, number: '12a4' }]],
  ['a holder of two lines', [{ ...account, holder: 'Sari\nWulandari' }]],
  ['eleven accounts', Array.from({ length: 11 }, () => account)],
])('%s is refused, and what was set stays', async (_name, accounts) => {
  await put([account])
  expect((await put(accounts)).statusCode).toBe(422)
  expect((await manual.inject('/bank-accounts')).json()).toEqual({ accounts: [account] })
})
