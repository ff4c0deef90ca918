import type { Delivery, WebhookMessage } from '@kakilima/contracts/webhooks'
import type { Selectable } from 'kysely'
import type { SentRequest, WebhookTables } from '../database.ts'

/**
 * How one try ended. `refused`: this one will never be taken, others may. `gone`: no other will either. `skipped`: there was nobody to
 * send it to. `interrupted`: it was cut short from our side and counts for nothing.
 */
export type Outcome = {
  verdict: 'delivered' | 'failed' | 'refused' | 'gone' | 'skipped' | 'interrupted'
  request: SentRequest | null
  status: number | null
  body: string | null
  /** In one sentence, also why it was skipped; null when it was delivered. */
  error: string | null
  /** How long the receiver asks to be left alone. */
  retryAfterMs: number | null
}

/** How an answer is judged by its status: 2xx is the only success, and a redirect is none. */
export function judge(status: number): Pick<Outcome, 'verdict' | 'error'> {
  if (status >= 200 && status < 300) return { verdict: 'delivered', error: null }
  if (status === 410) return { verdict: 'gone', error: 'The receiver answered 410: it wants no more messages' }
  if (status >= 300 && status < 400)
    return { verdict: 'failed', error: `The receiver answered ${status}, a redirect, which is not followed` }
  return { verdict: 'failed', error: `The receiver answered ${status}` }
}

/** What `Retry-After` says, in seconds or as a date; null where it says nothing that can be understood. */
export function readRetryAfter(header: unknown, now: number): number | null {
  if (typeof header !== 'string') return null
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  const until = Date.parse(header)
  return Number.isNaN(until) ? null : Math.max(0, until - now)
}

const firstPauseMs = 5000
const longestPauseMs = 4 * 60 * 60 * 1000

/**
 * How long to wait after a try that failed: 5 seconds at first, doubling up to four hours, and up to a half less by `chance` (0 to 1), so
 * that many do not come back together. A receiver that asks for more gets it, within the four hours.
 */
export function retryDelayMs(attempts: number, chance: number, retryAfterMs: number | null): number {
  const backoff = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempts - 1, 30)) * (0.5 + chance / 2)
  return Math.min(longestPauseMs, Math.max(backoff, retryAfterMs ?? 0))
}

/** The body of a message, byte for byte the same at each try. */
export function bodyOf({ id, type, occurred_at, data }: WebhookMessage): string {
  return JSON.stringify({ id, type, occurred_at, data })
}

export type DeliveryRow = Selectable<WebhookTables['deliveries']>

/** A row as others see it. */
export function presentDelivery(row: DeliveryRow): Delivery {
  const { id, subscription_id, event_id, event_type, subject, state, attempts, created_at } = row
  return {
    id,
    subscription_id,
    event_id,
    event_type,
    subject,
    state,
    attempts,
    due_at: state === 'waiting' ? row.due_at : null,
    sent_at: row.sent_at,
    duration_ms: row.duration_ms,
    response_status: row.response_status,
    error: row.error,
    created_at,
  }
}
