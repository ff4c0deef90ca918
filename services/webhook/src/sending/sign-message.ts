import { Webhook } from 'standardwebhooks'

/**
 * The headers of Standard Webhooks for a body. While a new secret takes over there are two, and a signature by each: a receiver accepts
 * the message when one of them is right.
 */
export function signMessage(secrets: string[], id: string, sentAt: Date, body: string): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, sentAt, body)).join(' '),
  }
}
