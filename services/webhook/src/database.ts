import type { AuditLogTable } from '@kakilima/kit/audit-log'
import type { FeedPositionTable } from '@kakilima/kit/durable-feed'
import type { Generated, JSONColumnType } from 'kysely'

/** A request as it was sent. The body of a webhook or of a message to a customer is made of its event each time, and not stored. */
export type SentRequest = { method: string; url: string; headers: Record<string, string>; body: string | null }

export type WebhookTables = {
  subscriptions: {
    id: Generated<number>
    kind: Generated<'webhook' | 'directus' | 'message'>
    source: Generated<'staff' | 'environment'>
    name: string | null
    url: string
    secret: string | null
    previous_secret: string | null
    previous_secret_until: string | null
    event_types: string[]
    description: Generated<string>
    is_active: Generated<boolean>
    inactive_reason: string | null
    sync_after: number | null
    last_success_at: string | null
    last_failure_at: string | null
    events_missed_at: string | null
    version: Generated<number>
    created_at: Generated<string>
    updated_at: Generated<string>
    deleted_at: string | null
  }
  events: {
    id: string
    type: string
    subject: string
    version: number
    occurred_at: string
    data: JSONColumnType<object>
  }
  deliveries: {
    id: Generated<number>
    subscription_id: number
    event_id: string
    event_type: string
    subject: string
    state: Generated<'waiting' | 'delivered' | 'parked' | 'superseded' | 'skipped'>
    attempts: Generated<number>
    due_at: Generated<string>
    claim: string | null
    created_at: Generated<string>
    queued_at: Generated<string>
    sent_at: string | null
    answered_at: string | null
    duration_ms: number | null
    request: JSONColumnType<SentRequest> | null
    response_status: number | null
    response_body: string | null
    error: string | null
    ended_at: string | null
  }
  feed_positions: FeedPositionTable
  audit_log: AuditLogTable
}
