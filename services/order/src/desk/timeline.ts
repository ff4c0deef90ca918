import type { Actor, AuditLogEntry } from '@kakilima/contracts/audit-log'
import type { TimelineEntry } from '@kakilima/contracts/order/desk'
import type { Order } from '@kakilima/contracts/order/order'
import type { Payment } from '@kakilima/contracts/payment'

type Step = Pick<TimelineEntry, 'type' | 'data'> & { at: string | null; actor_id?: number | null }

/** What is known of an order, in the services that know it. */
export type OrderHistory = {
  order: Order
  payments: Payment[]
  notes: { id: number; author_id: number | null; text: string; created_at: string }[]
  /** What staff changed of the order and of its payments. */
  changes: AuditLogEntry[]
}

/** Everything that happened to an order, oldest first. `actorOf` names who of the staff did it, where one did. */
export function timelineOf(
  { order, payments, notes, changes }: OrderHistory,
  actorOf: (id: number | null) => Actor | null,
): TimelineEntry[] {
  const steps: Step[] = [
    ...stepsOfOrder(order, changes),
    ...payments.flatMap((payment) => stepsOfPayment(payment, order, changes)),
    ...notes.map(({ id, author_id, text, created_at }): Step => ({
      type: 'note',
      at: created_at,
      data: { note_id: id, text },
      actor_id: author_id,
    })),
  ]
  const entries = steps.flatMap(({ at, type, data, actor_id = null }) =>
    at === null ? [] : [{ at, type, actor: actorOf(actor_id), data }],
  )
  // Sorting keeps what happened at the same moment in the order of the steps.
  return entries.toSorted((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0))
}

function stepsOfOrder(order: Order, changes: AuditLogEntry[]): Step[] {
  const by = (action: AuditLogEntry['action']) =>
    changes.find((change) => change.action === action && change.subject_id === order.id)?.actor_id ?? null
  const paidBy = {
    ...(order.paid_by_payment_id !== null && { payment_id: order.paid_by_payment_id }),
    ...(order.payment_method !== null && { payment_method: order.payment_method }),
    amount: order.total_price,
  }
  const reason = order.reason === null ? {} : { reason: order.reason }
  const steps: Step[] = [
    { type: 'order.placed', at: order.created_at, data: { amount: order.total_price } },
    { type: 'order.paid', at: order.paid_at, data: paidBy, actor_id: by('order.pay') },
    { type: 'order.confirmed', at: order.confirmed_at, data: {}, actor_id: by('order.confirm') },
  ]
  if (order.status === 'rejected')
    steps.push({ type: 'order.rejected', at: order.ended_at, data: reason, actor_id: by('order.reject') })
  if (order.status === 'expired') steps.push({ type: 'order.expired', at: order.ended_at, data: {} })
  if (order.status === 'canceled')
    steps.push({ type: 'order.canceled', at: order.ended_at, data: {}, actor_id: by('order.cancel') })
  return steps
}

function stepsOfPayment(payment: Payment, order: Order, changes: AuditLogEntry[]): Step[] {
  const { id, payment_method, amount, state } = payment
  const data = { payment_id: id, payment_method, amount }
  const refund = changes.find((change) => change.action === 'payment.refund' && change.subject_id === id)
  const reason = payment.reason === null ? {} : { reason: payment.reason }
  const reference = payment.refund_reference === null ? {} : { reference: payment.refund_reference }
  const steps: Step[] = [
    { type: 'payment.opened', at: payment.created_at, data },
    { type: 'payment.completed', at: payment.completed_at, data },
    { type: 'payment.refund_due', at: payment.refund_due_at, data: { ...data, ...reason } },
    {
      type: 'payment.refunded',
      at: payment.refunded_at,
      data: { ...data, ...reference },
      actor_id: refund?.actor_id ?? null,
    },
  ]
  // Both follow from what became of the order.
  if (state === 'expired') steps.push({ type: 'payment.expired', at: order.ended_at, data })
  if (state === 'voided') steps.push({ type: 'payment.voided', at: order.paid_at ?? order.ended_at, data })
  return steps
}
