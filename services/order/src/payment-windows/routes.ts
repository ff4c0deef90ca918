import { PaymentWindows, PaymentWindowsChange } from '@kakilima/contracts/order/payment-windows'
import type { Server } from '@kakilima/kit/server'
import type { OrderDeps } from '../app.ts'
import { changePaymentWindows, readPaymentWindows } from './change-payment-windows.ts'

export function paymentWindowRoutes(app: Server, deps: OrderDeps): void {
  app.get(
    '/payment-windows',
    { schema: { summary: 'How long customers have to pay', response: { 200: PaymentWindows } } },
    async () => readPaymentWindows(deps),
  )

  app.put(
    '/payment-windows',
    {
      schema: {
        summary: 'Set how long customers have to pay',
        body: PaymentWindowsChange,
        response: { 200: PaymentWindows },
      },
    },
    async (request) => changePaymentWindows(deps, request.body),
  )
}
