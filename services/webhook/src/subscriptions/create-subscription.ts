import { problem } from '@kakilima/contracts/problems'
import type { NewSubscription, SubscriptionInput } from '@kakilima/contracts/webhooks'
import { addToAuditLog } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import type { WebhookTables } from '../database.ts'
import { checkUrl } from './check-url.ts'
import { type Feeds, followAndChange } from './feed-positions.ts'
import { newSecret } from './new-secret.ts'
import { presentSubscription } from './subscription.ts'

/** Each has a lane of its own; a shop has a handful. */
const mostSubscriptions = 100

/** Stores a receiver. Once this is done, every event that it wants is delivered to it. The secret is told here and never again. */
export async function createSubscription(
  db: Db<WebhookTables>,
  feeds: Feeds,
  { url, event_types, description, is_active = true }: SubscriptionInput,
  needsTls: boolean,
): Promise<NewSubscription> {
  const secret = newSecret()
  const values = { url: checkUrl(url, needsTls), event_types, secret, is_active, ...(description && { description }) }
  const row = await followAndChange(db, feeds, is_active ? event_types : [], async (tx) => {
    const { subscriptions } = await tx
      .selectFrom('subscriptions')
      .select(({ fn }) => fn.countAll<number>().as('subscriptions'))
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (subscriptions >= mostSubscriptions)
      throw problem('subscription-state', `There are ${mostSubscriptions} subscriptions already: delete one first`)
    const stored = await tx.insertInto('subscriptions').values(values).returningAll().executeTakeFirstOrThrow()
    await addToAuditLog(tx, { action: 'subscription.create', subject_id: stored.id, before: null, after: stored })
    return stored
  })
  return { ...presentSubscription(row, { waiting: 0, parked: 0 }), secret }
}
