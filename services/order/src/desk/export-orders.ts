import type { DeskOrder, OrderFilters } from '@kakilima/contracts/order/desk'
import type { CsvOptions } from '@kakilima/kit/csv-answer'
import { type DeskDeps, listDeskOrders } from './list-desk-orders.ts'

const pageSize = 500

/** A file with a row for each order that fits the filters, newest first. They are read while it is sent. */
export function exportOrders(deps: DeskDeps, filters: OrderFilters): CsvOptions<DeskOrder> {
  return { fileName: 'orders.csv', columns, pages: pagesOf(deps, filters) }
}

async function* pagesOf(deps: DeskDeps, filters: OrderFilters): AsyncGenerator<DeskOrder[]> {
  for (let before = Number.MAX_SAFE_INTEGER, isLast = false; !isLast;) {
    const { rows, hasMore } = await listDeskOrders(deps, { ...filters, sort: 'newest', before, limit: pageSize })
    yield rows
    isLast = !hasMore
    before = rows.at(-1)?.id ?? before
  }
}

const columns = {
  id: (order: DeskOrder) => order.id,
  status: (order: DeskOrder) => order.status,
  placed_at: (order: DeskOrder) => order.created_at,
  paid_at: (order: DeskOrder) => order.paid_at,
  confirmed_at: (order: DeskOrder) => order.confirmed_at,
  ended_at: (order: DeskOrder) => order.ended_at,
  customer_id: (order: DeskOrder) => order.user_id,
  customer_name: (order: DeskOrder) => order.customer?.name ?? null,
  customer_phone: (order: DeskOrder) => order.customer?.phone ?? null,
  customer_email: (order: DeskOrder) => order.customer?.email ?? null,
  products: (order: DeskOrder) => order.lines.map((line) => `${line.quantity} × ${line.name}`).join('; '),
  quantity: (order: DeskOrder) => order.quantity,
  total_price: (order: DeskOrder) => order.total_price,
  payment_method: (order: DeskOrder) => order.payment_method,
  reason: (order: DeskOrder) => order.reason,
}
