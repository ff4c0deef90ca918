import type { SalesReport, SalesReportQuery } from '@kakilima/contracts/order/sales-report'
import type { Db } from '@kakilima/kit/database'
import type { OrderTables } from '../database.ts'
import { reportSales } from './report-sales.ts'

export type Reports = { sales: (query: SalesReportQuery) => Promise<SalesReport> }

/**
 * Makes one report at a time, so that however many people look at them, orders have the rest of the machine. Who asks for a report that is
 * being waited for gets the same one.
 */
export function createReports(db: Db<OrderTables>): Reports {
  const waiting = new Map<string, Promise<SalesReport>>()
  let last: Promise<unknown> = Promise.resolve()

  return {
    sales(query) {
      const key = `${query.days} ${query.time_zone}`
      const asked = waiting.get(key)
      if (asked !== undefined) return asked
      const report = last.then(() => reportSales(db, query)).finally(() => waiting.delete(key))
      waiting.set(key, report)
      // One that fails is no reason for the next to fail.
      last = report.catch(() => undefined)
      return report
    },
  }
}
