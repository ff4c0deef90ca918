import type { OrderLine, RejectionReason, Shortage } from '@kakilima/contracts/inventory'
import type { OrderStatus } from '@kakilima/contracts/order/order'
import type { PaymentMethod } from '@kakilima/contracts/payment'
import type { AuditLogTable } from '@kakilima/kit/audit-log'
import type { OutboxTable } from '@kakilima/kit/outbox'
import type { Generated, JSONColumnType } from 'kysely'

export type OrderTables = {
  orders: {
    id: number
    user_id: number
    status: Exclude<OrderStatus, 'queued'>
    lines: JSONColumnType<OrderLine[]>
    quantity: number
    total_price: number
    payment_method: PaymentMethod | null
    paid_by_payment_id: number | null
    reason: RejectionReason | null
    shortages: JSONColumnType<Shortage[]>
    idempotency_key: string | null
    version: Generated<number>
    created_at: string
    reserved_at: Generated<string>
    expires_at: string | null
    paid_at: string | null
    confirmed_at: string | null
    ended_at: string | null
    updated_at: Generated<string>
  }
  order_notes: {
    id: Generated<number>
    order_id: number
    author_id: number | null
    text: string
    created_at: Generated<string>
  }
  payment_windows: { name: PaymentMethod | 'standard'; seconds: number; updated_at: Generated<string> }
  outbox: OutboxTable
  audit_log: AuditLogTable
}
