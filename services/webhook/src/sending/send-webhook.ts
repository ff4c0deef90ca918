import type { Dispatcher } from 'undici'
import type { SentRequest } from '../database.ts'
import type { ClaimedDelivery } from '../deliveries/claim-deliveries.ts'
import { bodyOf, judge, type Outcome, readRetryAfter } from '../deliveries/delivery.ts'
import { exchange, sentenceOf } from './exchange.ts'
import { signMessage } from './sign-message.ts'

/** How much of an answer is read, and shown to staff. */
const mostAnswerBytes = 2000

const userAgent = 'Kakilima-Webhooks/1 (+https://www.standardwebhooks.com)'

/** Sends an event as a message of Standard Webhooks. Never throws: whatever happens is an outcome. */
export async function sendWebhook(
  agent: Dispatcher,
  { event_id, event_type, occurred_at, data, url, secrets }: ClaimedDelivery,
  signal: AbortSignal,
): Promise<Outcome> {
  const body = bodyOf({ id: event_id, type: event_type, occurred_at, data })
  const headers = {
    'content-type': 'application/json',
    'user-agent': userAgent,
    ...signMessage(secrets, event_id, new Date(), body),
  }
  const request: SentRequest = { method: 'POST', url, headers, body: null }
  try {
    const answer = await exchange(agent, { ...request, body }, mostAnswerBytes, signal)
    return {
      ...judge(answer.status),
      request,
      status: answer.status,
      body: answer.text,
      retryAfterMs: readRetryAfter(answer.headers['retry-after'], Date.now()),
    }
  } catch (error) {
    return { verdict: 'failed', request, status: null, body: null, error: sentenceOf(error), retryAfterMs: null }
  }
}
