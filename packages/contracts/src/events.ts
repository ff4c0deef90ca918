/** Everything that is told to others. Each state change of an order or a payment has exactly one. */
export const eventTypes = [
  'product.created',
  'product.updated',
  'product.deleted',
  'stock.changed',
  'order.placed',
  'order.rejected',
  'order.paid',
  'order.confirming',
  'order.confirmed',
  'order.expired',
  'order.canceled',
  'payment.opened',
  'payment.received',
  'payment.completed',
  'payment.expired',
  'payment.voided',
  'payment.refund_due',
  'payment.refunded',
] as const

export type EventType = (typeof eventTypes)[number]
