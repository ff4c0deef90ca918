import { createHmac, randomUUID } from 'node:crypto'
import { waitFor } from '@kakilima/testkit/call'
import { inject } from 'vitest'

export type Headers = Record<string, string>

/** The headers of a message as Standard Webhooks has them, written out here so that the workflow is checked against the specification. */
export function signedHeaders(body: string, secret = inject('workflow').secret, at = Date.now()): Headers {
  const id = `msg_${randomUUID()}`
  const timestamp = String(Math.floor(at / 1000))
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}

export function messageOf(type: string, data: unknown): string {
  return JSON.stringify({ id: `evt_${randomUUID()}`, type, occurred_at: new Date().toISOString(), data })
}

/** Sends a message to the workflow, once. */
export async function send(body: string, headers: Headers): Promise<{ status: number; body: string }> {
  const answer = await fetch(inject('workflow').url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  return { status: answer.status, body: await answer.text() }
}

/** Signs and sends a message until it is taken, as the shop does: a Directus that has much to do makes the workflow answer 500. */
export async function deliver(body: string): Promise<{ status: number; body: string }> {
  return waitFor(
    () => send(body, signedHeaders(body)),
    ({ status }) => status < 500,
  )
}
