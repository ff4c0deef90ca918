import type { Order } from '@kakilima/contracts/order/order'
import type { QueuedOrder } from '@kakilima/queue/queue'

/** An order that waits for its decision, as others see it: names and prices are not known yet. */
export function presentQueued({ isParked, ...order }: QueuedOrder & { isParked: boolean }): Order {
  return {
    id: order.order_id,
    user_id: order.user_id,
    product_id: order.lines[0]!.product_id,
    quantity: order.lines.reduce((sum, line) => sum + line.quantity, 0),
    total_price: 0,
    payment_status: false,
    confirmed: false,
    status: 'queued',
    payment_method: null,
    expires_at: null,
    paid_at: null,
    confirmed_at: null,
    ended_at: null,
    paid_by_payment_id: null,
    reason: null,
    shortages: [],
    delayed: isParked,
    version: 0,
    created_at: order.accepted_at,
    updated_at: order.accepted_at,
    lines: order.lines.map((line) => ({ ...line, name: '', unit_price: 0 })),
  }
}
