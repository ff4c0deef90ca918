import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import { serve } from '@kakilima/kit/serve'
import type { Server } from '@kakilima/kit/server'
import type { OrderDeps } from '../app.ts'
import { createReports } from './make-one-at-a-time.ts'

export function reportRoutes(app: Server, { db }: OrderDeps): void {
  const reports = createReports(db)
  serve(app, orderEndpoints.reportSales, ({ query }) => reports.sales(query))
}
