import { problem } from '@kakilima/contracts/problems'
import { addToAuditLog } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { WebhookTables } from '../database.ts'
import { subscriptionRow } from '../subscriptions/present-subscriptions.ts'
import { deliveryRow } from './list-deliveries.ts'
import { requeued } from './requeue.ts'

/** How many deliveries one call sends again at most. */
const mostAtOnce = 10_000

/** Sends a delivery again, whatever became of it; one that waits is tried at once. Throws where its subscription is not active. */
export async function resendDelivery(db: Db<WebhookTables>, id: number): Promise<void> {
  await inTransaction(db, async (tx) => {
    const before = await deliveryRow(tx, id)
    await requireActive(tx, before.subscription_id)
    // One that is under way is left alone: it may be arriving at this moment.
    await sql`
      update deliveries set ${requeued}
      where id = ${id} and (claim is null or due_at <= clock_timestamp())`.execute(tx)
    const { state, attempts, queued_at } = await deliveryRow(tx, id)
    await addToAuditLog(tx, {
      action: 'delivery.resend',
      subject_id: id,
      before: { state: before.state, attempts: before.attempts, queued_at: before.queued_at },
      after: { state, attempts, queued_at },
    })
  })
}

/** Sends the parked deliveries of a subscription again, the oldest 10,000 at most. Returns how many. */
export async function resendParked(db: Db<WebhookTables>, subscriptionId: number): Promise<number> {
  return inTransaction(db, async (tx) => {
    await requireActive(tx, subscriptionId)
    const { numAffectedRows } = await sql`
      update deliveries set ${requeued}
      where id = any(array(
        select id from deliveries where subscription_id = ${subscriptionId} and state = 'parked'
        order by id limit ${mostAtOnce}
      ))`.execute(tx)
    const resent = Number(numAffectedRows)
    if (resent > 0)
      await addToAuditLog(tx, {
        action: 'subscription.resend',
        subject_id: subscriptionId,
        before: null,
        after: { resent },
      })
    return resent
  })
}

async function requireActive(db: Db<WebhookTables>, id: number): Promise<void> {
  const { is_active } = await subscriptionRow(db, id)
  if (!is_active) throw problem('subscription-state', 'The subscription is not active, so nothing is sent')
}
