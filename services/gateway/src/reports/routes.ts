import { OrderFilters } from '@kakilima/contracts/order/desk'
import { SalesReport, SalesReportQuery } from '@kakilima/contracts/order/sales-report'
import { passOnFile } from '@kakilima/kit/pass-on'
import type { Server } from '@kakilima/kit/server'
import type { GatewayDeps } from '../app.ts'
import { queryOf } from '../query.ts'

/** What was sold, in figures and as a file. */
export function reportRoutes(app: Server, { reports, openOrders }: Pick<GatewayDeps, 'reports' | 'openOrders'>): void {
  app.get(
    '/api/v1/reports/sales',
    { schema: { summary: 'What was sold, day by day', querystring: SalesReportQuery, response: { 200: SalesReport } } },
    async (request) => reports.sales(queryOf(request.query)),
  )

  app.get(
    '/api/v1/orders/export',
    { schema: { summary: 'Orders by filters as a CSV file', querystring: OrderFilters } },
    async (request, reply) =>
      passOnFile(reply, await openOrders('GET', `/desk/orders/export?${queryOf(request.query)}`, {})),
  )
}
