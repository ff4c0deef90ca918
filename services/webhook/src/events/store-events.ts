import type { EventSource, ShopEvent } from '@kakilima/contracts/events'
import type { Transaction } from 'kysely'
import type { WebhookTables } from '../database.ts'
import { wants } from '../subscriptions/subscription.ts'
import { eventIdOf, subjectOf, withoutOutdatedStock } from './event.ts'
import { queueEvents } from './queue-events.ts'

/** Queues events of a service for whoever wants them: pass the transaction that moves the position in its feed. */
export async function storeEvents(
  tx: Transaction<WebhookTables>,
  source: EventSource,
  events: ShopEvent[],
): Promise<void> {
  if (events.length === 0) return
  const subscriptions = await tx
    .selectFrom('subscriptions')
    .select(['id', 'event_types'])
    .where('is_active', '=', true)
    .orderBy('id')
    // None of them goes before its deliveries are stored.
    .forKeyShare()
    .execute()
  const wanted = withoutOutdatedStock(events).flatMap(({ id, type, subject_id, version, occurred_at, data }) => {
    const event = {
      id: eventIdOf(source, id),
      type,
      subject: subjectOf(source, subject_id),
      version,
      occurred_at,
      data,
    }
    return subscriptions
      .filter(({ event_types }) => wants(event_types, type))
      .map((subscription) => ({ subscriptionId: subscription.id, event }))
  })
  await queueEvents(tx, wanted)
}
