import type { Order } from '@kakilima/contracts/order/order'
import type { Selectable } from 'kysely'
import type { OrderTables } from '../database.ts'

export type OrderRow = Selectable<OrderTables['orders']>

/** A row as others see it. */
export function presentOrder({ idempotency_key: _key, reserved_at: _reserved, ...row }: OrderRow): Order {
  return {
    ...row,
    product_id: row.lines[0]!.product_id,
    payment_status: isPaid(row.status),
    confirmed: row.status === 'confirmed',
  }
}

/** Whether the money for an order in this status is ours. */
export function isPaid(status: Order['status']): boolean {
  return status === 'paid' || status === 'confirming' || status === 'confirmed'
}
