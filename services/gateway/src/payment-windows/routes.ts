import { PaymentWindows, PaymentWindowsChange } from '@kakilima/contracts/order/payment-windows'
import type { Server } from '@kakilima/kit/server'
import type { GatewayDeps } from '../app.ts'

export function paymentWindowRoutes(app: Server, { desk }: Pick<GatewayDeps, 'desk'>): void {
  app.get(
    '/api/v1/payment-windows',
    { schema: { summary: 'How long customers have to pay', response: { 200: PaymentWindows } } },
    async () => desk.paymentWindows(),
  )

  app.put(
    '/api/v1/payment-windows',
    {
      schema: {
        summary: 'Set how long customers have to pay',
        body: PaymentWindowsChange,
        response: { 200: PaymentWindows },
      },
    },
    async (request) => desk.changePaymentWindows(request.body),
  )
}
