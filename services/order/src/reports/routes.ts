import { SalesReport, SalesReportQuery } from '@kakilima/contracts/order/sales-report'
import type { Server } from '@kakilima/kit/server'
import type { OrderDeps } from '../app.ts'
import { createReports } from './make-one-at-a-time.ts'

export function reportRoutes(app: Server, { db }: OrderDeps): void {
  const reports = createReports(db)

  app.get(
    '/reports/sales',
    { schema: { summary: 'What was sold, day by day', querystring: SalesReportQuery, response: { 200: SalesReport } } },
    async (request) => reports.sales(request.query),
  )
}
