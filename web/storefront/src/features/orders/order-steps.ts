import type { OrderStatus } from '@kakilima/contracts/order/order'

export type Step = { name: string; state: 'done' | 'now' | 'later' | 'failed' }

const way = ['placed', 'reserved', 'paid', 'confirmed'] as const
/** How many steps of the way are done in a status. */
const doneIn: Record<OrderStatus, number> = {
  queued: 1,
  awaiting_payment: 2,
  paid: 3,
  confirming: 3,
  confirmed: 4,
  rejected: 1,
  expired: 2,
  canceled: 2,
}

/** The way of an order as its customer sees it. One that ended early ends with how it did. */
export function stepsOf(status: OrderStatus): Step[] {
  const done = doneIn[status]
  if (status === 'rejected' || status === 'expired' || status === 'canceled') {
    return [...way.slice(0, done).map((name): Step => ({ name, state: 'done' })), { name: status, state: 'failed' }]
  }
  return way.map((name, index) => ({ name, state: index < done ? 'done' : index === done ? 'now' : 'later' }))
}
