import type { Order } from '@kakilima/contracts/order/order'
import { readQueuedBody } from '@kakilima/queue/order-body'
import type { ParkedOrder, QueuedOrder } from '@kakilima/queue/queue'

/** An order that waits for its decision, as others see it: names and prices are not known yet. */
export function presentQueued({ isParked, ...order }: QueuedOrder & { isParked: boolean }): Order {
  const { lines } = readQueuedBody(order.body)
  return {
    id: order.order_id,
    user_id: order.user_id,
    product_id: lines[0]!.product_id,
    quantity: lines.reduce((sum, line) => sum + line.quantity, 0),
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
    lines: lines.map((line) => ({ ...line, name: '', unit_price: 0 })),
  }
}

/** An order that was set aside, as staff see it. */
export function presentParked({ body, ...order }: ParkedOrder) {
  return { ...order, ...readQueuedBody(body) }
}
