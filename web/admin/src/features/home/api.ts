import { publicOrderEndpoints } from '@kakilima/contracts/gateway/order-endpoints'
import type { DeskSummary } from '@kakilima/contracts/order/desk'
import type { Product } from '@kakilima/contracts/inventory'
import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import type { SalesReport } from '@kakilima/contracts/order/sales-report'
import { call, queryOf, read, readPage } from '../../desk-api.ts'

/** How many days the home page looks back, today among them. */
const reportDays = 30
const shownLow = 6

export function readReport(timeZone: string, signal: AbortSignal): Promise<SalesReport> {
  return call(orderEndpoints.reportSales, { query: { days: reportDays, time_zone: timeZone }, signal })
}

export function readSummary(signal: AbortSignal): Promise<DeskSummary> {
  return call(orderEndpoints.countWork, { signal })
}

/** The products of which least can be sold, and how many are short in all. */
export async function readLowStock(atMost: number, signal: AbortSignal): Promise<{ rows: Product[]; count: number }> {
  const query = queryOf({ available_at_most: atMost, status: 'published', sort: 'available', limit: shownLow })
  const { rows, total } = await readPage<Product>(`/desk/products${query}`, { signal })
  return { rows, count: total ?? rows.length }
}

/** What a shop has that is new: whether there is a product, and whether there was ever an order. */
export async function readBeginnings(signal: AbortSignal): Promise<{ hasProducts: boolean; hasOrders: boolean }> {
  const [products, orders] = await Promise.all([
    read<Product[]>('/products?limit=1', { signal }),
    call(publicOrderEndpoints.listOrders, { query: { limit: 1 }, signal }),
  ])
  return { hasProducts: products.length > 0, hasOrders: orders.rows.length > 0 }
}
