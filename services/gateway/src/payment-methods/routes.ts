import { BankAccounts, ShopPaymentMethod } from '@kakilima/contracts/payment-methods'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'

export function paymentMethodRoutes(
  app: Server,
  { paymentMethods, payments }: Pick<GatewayDeps, 'paymentMethods' | 'payments'>,
): void {
  app.get(
    '/api/v1/payment-methods',
    {
      schema: {
        summary: 'How one can pay in this shop, who says that it is paid, and how long there is time',
        response: { 200: Type.Array(ShopPaymentMethod) },
      },
    },
    async () => paymentMethods.list(),
  )

  app.get(
    '/api/v1/bank-accounts',
    { schema: { summary: 'Where customers transfer money to', response: { 200: BankAccounts } } },
    async () => payments.bankAccounts(),
  )

  app.put(
    '/api/v1/bank-accounts',
    {
      schema: { summary: 'Set where customers transfer money to', body: BankAccounts, response: { 200: BankAccounts } },
    },
    async (request) => {
      const accounts = await payments.setBankAccounts(request.body)
      paymentMethods.forget()
      return accounts
    },
  )
}
