import type { SubscriptionChange } from '@kakilima/contracts/webhooks'
import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { WebhookTables } from '../database.ts'
import { checkUrl } from './check-url.ts'
import { type Feeds, followAndChange } from './feed-positions.ts'
import { ownSubscriptionRow } from './present-subscriptions.ts'

/** Changes any of a subscription's fields. What waits for it is sent to the new address. */
export async function changeSubscription(
  db: Db<WebhookTables>,
  feeds: Feeds,
  id: number,
  { url, event_types, description, is_active }: SubscriptionChange,
  needsTls: boolean,
): Promise<void> {
  const before = await ownSubscriptionRow(db, id)
  const address = url === undefined ? undefined : checkUrl(url, needsTls)
  const patterns = (is_active ?? before.is_active) ? (event_types ?? before.event_types) : []
  await followAndChange(db, feeds, patterns, (tx) =>
    changeAsStaff(tx, { action: 'subscription.update', table: 'subscriptions', id }, async () => {
      await ownSubscriptionRow(tx, id)
      await tx
        .updateTable('subscriptions')
        .set({
          ...(address !== undefined && { url: address }),
          ...(event_types !== undefined && { event_types }),
          ...(description !== undefined && { description }),
          ...(is_active !== undefined && { is_active, inactive_reason: null }),
          version: sql`version + 1`,
          updated_at: sql`clock_timestamp()`,
        })
        .where('id', '=', id)
        .execute()
    }),
  )
}
