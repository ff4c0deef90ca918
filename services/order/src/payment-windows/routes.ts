import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import { serve } from '@kakilima/kit/serve'
import type { Server } from '@kakilima/kit/server'
import type { OrderDeps } from '../app.ts'
import { changePaymentWindows, readPaymentWindows } from './change-payment-windows.ts'

export function paymentWindowRoutes(app: Server, deps: OrderDeps): void {
  serve(app, orderEndpoints.readPaymentWindows, () => readPaymentWindows(deps))
  serve(app, orderEndpoints.changePaymentWindows, ({ body }) => changePaymentWindows(deps, body))
}
