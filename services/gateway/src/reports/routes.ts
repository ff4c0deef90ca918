import { addressOf } from '@kakilima/contracts/address'
import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import { passOnFile } from '@kakilima/kit/pass-on'
import type { Server } from '@kakilima/kit/server'
import type { GatewayDeps } from '../app.ts'
import { publish } from '../publish.ts'

/** What was sold, in figures and as a file. */
export function reportRoutes(app: Server, { reports, openOrders }: Pick<GatewayDeps, 'reports' | 'openOrders'>): void {
  publish(app, orderEndpoints.reportSales, reports.reportSales)
  publish(app, orderEndpoints.exportOrders, async (input, _request, reply) =>
    passOnFile(reply, await openOrders('GET', addressOf(orderEndpoints.exportOrders.path, input), {})),
  )
}
