import { changeAsStaff } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { WebhookTables } from '../database.ts'
import { ownSubscriptionRow } from './present-subscriptions.ts'

/** Nothing more is sent to it from now on. Its deliveries are dropped by and by: see `trimDeliveries`. */
export async function deleteSubscription(db: Db<WebhookTables>, id: number): Promise<void> {
  await changeAsStaff(db, { action: 'subscription.delete', table: 'subscriptions', id }, async (tx) => {
    await ownSubscriptionRow(tx, id)
    await tx
      .updateTable('subscriptions')
      .set({ deleted_at: sql`clock_timestamp()`, is_active: false, sync_after: null, version: sql`version + 1` })
      .where('id', '=', id)
      .execute()
  })
}
