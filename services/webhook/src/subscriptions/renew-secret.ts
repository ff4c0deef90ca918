import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { WebhookTables } from '../database.ts'
import { newSecret } from './new-secret.ts'
import { ownSubscriptionRow } from './present-subscriptions.ts'

/** How long the former secret signs as well, so that the receiver can take over the new one in peace. */
const overlapHours = 24

/** Gives a subscription a new secret, which is told here and never again. */
export async function renewSecret(
  db: Db<WebhookTables>,
  id: number,
): Promise<{ secret: string; previous_secret_until: string }> {
  const secret = newSecret()
  return changeAsStaff(db, { action: 'subscription.renew_secret', table: 'subscriptions', id }, async (tx) => {
    await ownSubscriptionRow(tx, id)
    const { previous_secret_until } = await tx
      .updateTable('subscriptions')
      .set({
        secret,
        previous_secret: sql`secret`,
        previous_secret_until: sql`clock_timestamp() + ${overlapHours} * interval '1 hour'`,
        version: sql`version + 1`,
        updated_at: sql`clock_timestamp()`,
      })
      .where('id', '=', id)
      .returning('previous_secret_until')
      .executeTakeFirstOrThrow()
    return { secret, previous_secret_until: previous_secret_until! }
  })
}
