import { BankAccounts, PaymentMethodOnOffer } from '@kakilima/contracts/payment-methods'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { PaymentDeps } from '../app.ts'
import { listBankAccounts, setBankAccounts } from './bank-accounts.ts'
import { listPaymentMethods } from './list-payment-methods.ts'

export function methodRoutes(app: Server, deps: PaymentDeps): void {
  app.get(
    '/payment-methods',
    { schema: { summary: 'How one can pay in this shop', response: { 200: Type.Array(PaymentMethodOnOffer) } } },
    async () => listPaymentMethods(deps),
  )

  app.get(
    '/bank-accounts',
    { schema: { summary: "The shop's bank accounts", response: { 200: BankAccounts } } },
    async () => ({ accounts: await listBankAccounts(deps.db) }),
  )

  app.put(
    '/bank-accounts',
    { schema: { summary: "Set the shop's bank accounts", body: BankAccounts, response: { 200: BankAccounts } } },
    async (request) => ({ accounts: await setBankAccounts(deps.db, request.body.accounts) }),
  )
}
