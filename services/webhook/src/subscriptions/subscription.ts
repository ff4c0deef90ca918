import { type EventSource, type EventType, publicEventTypes, sourceOf } from '@kakilima/contracts/events'
import type { Subscription } from '@kakilima/contracts/webhooks'
import type { Selectable } from 'kysely'
import type { WebhookTables } from '../database.ts'

export type SubscriptionRow = Selectable<WebhookTables['subscriptions']>

/** Whether one of the patterns of a subscription (`product.*`, `stock.changed`, `*`) takes in a type. Steps on the way are nobody's. */
export function wants(patterns: string[], type: EventType): boolean {
  if (!publicEventTypes.includes(type)) return false
  return patterns.some((pattern) => (pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type))
}

/** The services whose events these patterns take in. */
export function sourcesOf(patterns: string[]): EventSource[] {
  return [...new Set(publicEventTypes.filter((type) => wants(patterns, type)).map(sourceOf))]
}

/** A row as others see it: never with a secret. */
export function presentSubscription(
  row: SubscriptionRow,
  { waiting, parked }: { waiting: number; parked: number },
): Subscription {
  const { id, kind, source, url, event_types, description, is_active, inactive_reason, version } = row
  return {
    id,
    kind,
    source,
    url,
    event_types,
    description,
    is_active,
    inactive_reason,
    is_syncing: row.sync_after !== null,
    waiting,
    parked,
    last_success_at: row.last_success_at,
    last_failure_at: row.last_failure_at,
    events_missed_at: row.events_missed_at,
    version,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}
