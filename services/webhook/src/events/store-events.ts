import type { EventSource, ShopEvent } from '@kakilima/contracts/events'
import type { Order } from '@kakilima/contracts/order/order'
import type { Transaction } from 'kysely'
import type { WebhookTables } from '../database.ts'
import { wants } from '../subscriptions/subscription.ts'
import { eventIdOf, subjectOf, withoutOutdatedStock } from './event.ts'
import { queueEvents } from './queue-events.ts'

/**
 * Queues events of a service for whoever wants them: pass the transaction that moves the position in its feed. Customers who are
 * `unreachable` are told of nothing, and nobody of what was before customers were told of anything.
 */
export async function storeEvents(
  tx: Transaction<WebhookTables>,
  source: EventSource,
  events: ShopEvent[],
  unreachable: ReadonlySet<number> = new Set(),
): Promise<void> {
  if (events.length === 0) return
  const subscriptions = await tx
    .selectFrom('subscriptions')
    .select(['id', 'kind', 'event_types', 'created_at'])
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
      .filter(
        ({ kind, created_at }) =>
          kind !== 'message' || (occurred_at >= created_at && !unreachable.has((data as Order).user_id)),
      )
      .map((subscription) => ({ subscriptionId: subscription.id, event }))
  })
  await queueEvents(tx, wanted)
}
