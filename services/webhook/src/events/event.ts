import type { EventSource, ShopEvent } from '@kakilima/contracts/events'

const nouns: Record<EventSource, string> = { inventory: 'product', order: 'order', payment: 'payment' }

/** The object that an event tells of: `product:5`. The events of one are sent in their order. */
export function subjectOf(source: EventSource, subjectId: number): string {
  return `${nouns[source]}:${subjectId}`
}

/** The name of an event outside of its service, which numbers its own: `inventory-123`. */
export function eventIdOf(source: EventSource, id: number): string {
  return `${source}-${id}`
}

/** Events without each `stock.changed` that is followed by a newer one of the same product. */
export function withoutOutdatedStock(events: ShopEvent[]): ShopEvent[] {
  const latest = new Map<number, number>()
  for (const { id, type, subject_id } of events) if (type === 'stock.changed') latest.set(subject_id, id)
  return events.filter(({ id, type, subject_id }) => type !== 'stock.changed' || latest.get(subject_id) === id)
}
