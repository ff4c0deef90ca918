import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import { serve } from '@kakilima/kit/serve'
import type { Server } from '@kakilima/kit/server'
import type { OrderDeps } from '../app.ts'
import { presentOrder } from '../orders/order.ts'
import { placeOrder } from './place-order.ts'

export function intakeRoutes(app: Server, deps: OrderDeps): void {
  serve(app, orderEndpoints.placeOrder, async ({ body, headers }) =>
    presentOrder(await placeOrder(deps, body, headers['idempotency-key'] ?? null)),
  )
}
