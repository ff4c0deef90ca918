import type { TimelineEntry } from '@kakilima/contracts/order/desk'
import type { PaymentHistoryClient } from '@kakilima/contracts/desk-client'
import { findOrder } from '../orders/find-order.ts'
import type { DeskDeps } from './list-desk-orders.ts'
import { findActors } from './order-notes.ts'
import { timelineOf } from './timeline.ts'

const most = 1000

/**
 * What happened to an order, from its own times, its payments, the audit logs and the notes. Throws `order-not-found`, and
 * `neighbor-unavailable` while the payment service is away: a story with a hole looks like a whole one.
 */
export async function readTimeline(
  deps: DeskDeps & { paymentHistory: PaymentHistoryClient },
  id: number,
): Promise<TimelineEntry[]> {
  const { db, queue, paymentHistory } = deps
  const order = await findOrder(db, queue, id)
  const payments = await paymentHistory.ofOrder(id)
  const refunded = payments.filter((payment) => payment.refunded_at !== null)
  const [notes, changes, ...changesOfPayments] = await Promise.all([
    db.selectFrom('order_notes').selectAll().where('order_id', '=', id).orderBy('id').limit(most).execute(),
    db
      .selectFrom('audit_log')
      .selectAll()
      .where('subject_type', '=', 'order')
      .where('subject_id', '=', id)
      // Its notes stand here, too.
      .where('action', '<>', 'order.add_note')
      .orderBy('id')
      .limit(most)
      .execute(),
    ...refunded.map((payment) => paymentHistory.changesOf(payment.id)),
  ])
  const history = { order, payments, notes, changes: [...changes, ...changesOfPayments.flat()] }
  const actorOf = await findActors(deps, [
    ...notes.map((note) => note.author_id),
    ...history.changes.map((change) => change.actor_id),
  ])
  return timelineOf(history, actorOf)
}
