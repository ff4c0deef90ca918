import type { AskedBy } from '@kakilima/contracts/asked-by'
import type { PaymentMethod } from '@kakilima/contracts/payment'
import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import { markDone } from '@kakilima/kit/outbox'
import { storeTransition } from '@kakilima/kit/transition'
import { sql } from 'kysely'
import type { PaymentTables } from '../database.ts'
import type { PaymentProvider } from '../providers/provider.ts'
import { outcomeOf, type PaymentVerbDeps } from './ask-order.ts'
import { findPayment } from './find-payment.ts'
import type { PaymentRow } from './payment.ts'
import { settlePayments } from './settle-payments.ts'

export type OpenPaymentDeps = PaymentVerbDeps & { provider: PaymentProvider }

const maxTries = 5

/**
 * Opens a payment of an order's total, or returns the open one of the same method. Choosing the method sets the order's deadline, which
 * the order notes in the audit log where staff do it.
 * Throws what the order says where it can't be paid (any more).
 */
export async function openPayment(
  deps: OpenPaymentDeps,
  orderId: number,
  method: PaymentMethod,
  by: AskedBy = 'customer',
): Promise<{ payment: PaymentRow; isNew: boolean }> {
  const { db, orders, provider } = deps
  if (!provider.methods.includes(method)) {
    throw problem('invalid-input', `This shop does not take ${method}: it takes ${provider.methods.join(', ')}`)
  }
  const order = await orders.choosePaymentMethod({ params: { id: orderId }, body: { payment_method: method, by } })
  const wanted = {
    order_id: orderId,
    user_id: order.user_id,
    amount: order.total_price,
    payment_method: method,
    provider: provider.name,
    expires_at: order.expires_at,
  }
  // Stored before its provider is asked: a crash in between leaves a payment that knows of no money, and never money without a payment.
  const { paymentId, eventId } = await insertOrFind(db, wanted)
  await startOnce(db, provider, await findPayment(db, paymentId))
  // Other methods that were begun before end with the order, too.
  await db
    .updateTable('payments')
    .set({ expires_at: order.expires_at })
    .where('order_id', '=', orderId)
    .where('state', '=', 'open')
    .execute()
  if (eventId !== undefined) {
    await checkOrder(deps, orderId)
    await markDone(db, [eventId])
  }
  return { payment: await findPayment(db, paymentId), isNew: eventId !== undefined }
}

/**
 * What follows from a payment that was opened: looks whether the order ended while it was being stored. An order that ends after this
 * look finds the payment and settles it.
 */
export async function checkOrder({ db, orders }: PaymentVerbDeps, orderId: number): Promise<void> {
  const { status, paid_by_payment_id } = await orders.findOrder({ params: { id: orderId } })
  const outcome = outcomeOf(status)
  if (outcome !== undefined) await settlePayments(db, [{ order_id: orderId, outcome, paid_by_payment_id }])
}

/** Asks the provider for what the payer needs, unless that is known already. Of two who ask at once both get the same. */
async function startOnce(db: Db<PaymentTables>, provider: PaymentProvider, payment: PaymentRow): Promise<void> {
  if (payment.reference !== '') return
  const { reference } = await provider.start(payment)
  // No change of state, so it has no event and no version of its own.
  await db.updateTable('payments').set({ reference }).where('id', '=', payment.id).where('reference', '=', '').execute()
}

type NewPayment = Pick<PaymentRow, 'order_id' | 'user_id' | 'amount' | 'payment_method' | 'provider' | 'expires_at'>

async function insertOrFind(
  db: Db<PaymentTables>,
  wanted: NewPayment,
): Promise<{ paymentId: number; eventId?: number }> {
  // The one that is found may end before it is looked at: then there is room for a new one.
  for (let attempt = 1; attempt <= maxTries; attempt++) {
    const [opened] = await storeTransition<PaymentRow>(
      db,
      'payment.opened',
      sql`
        insert into payments (order_id, user_id, amount, payment_method, provider, reference, expires_at)
        values (${wanted.order_id}, ${wanted.user_id}, ${wanted.amount}, ${wanted.payment_method}, ${wanted.provider},
          '', ${wanted.expires_at})
        on conflict (order_id, payment_method) where state = 'open' do nothing`,
      { needsFollowUp: true },
    )
    if (opened !== undefined) return { paymentId: opened.row.id, eventId: opened.event_id }
    const found = await db
      .selectFrom('payments')
      .select('id')
      .where('order_id', '=', wanted.order_id)
      .where('payment_method', '=', wanted.payment_method)
      .where('state', '=', 'open')
      .executeTakeFirst()
    if (found !== undefined) return { paymentId: found.id }
  }
  throw new Error(`the open payment of order ${wanted.order_id} changed ${maxTries} times while it was being looked up`)
}
