import type { ContactClient } from '@kakilima/contracts/clients'
import type { Order } from '@kakilima/contracts/order/order'
import type { SentRequest } from '../database.ts'
import type { ClaimedDelivery } from '../deliveries/claim-deliveries.ts'
import type { Outcome } from '../deliveries/delivery.ts'
import { sentenceOf } from '../sending/exchange.ts'
import {
  ChannelError,
  maskAddresses,
  type MessageChannel,
  messageIdOf,
  type MessageType,
  type Receipt,
} from './message.ts'
import { renderMessage, type ShopFront } from './render-message.ts'

export type MessageDeps = {
  channel: MessageChannel
  contacts: Pick<ContactClient, 'list'>
  /** What the shop is called right now, and where it is. */
  findShop: () => Promise<ShopFront>
}

const longestAnswer = 2000

/**
 * Tells a customer what became of an order, in the language of the customer, where there is an address. What is kept of it names neither
 * the customer nor the address: what was said can be made of the event again. Never throws: whatever happens is an outcome.
 */
export async function sendMessage(
  { channel, contacts, findShop }: MessageDeps,
  delivery: ClaimedDelivery,
  signal: AbortSignal,
): Promise<Outcome> {
  let request: SentRequest | null = null
  const outcome = (verdict: Outcome['verdict'], error: string | null, receipt?: Receipt): Outcome => ({
    verdict,
    request,
    status: receipt?.status ?? null,
    body: receipt?.answer ? maskAddresses(receipt.answer).slice(0, longestAnswer) : null,
    error: error && maskAddresses(error),
    retryAfterMs: null,
  })
  try {
    const order = delivery.data as Order
    const [contact] = await contacts.list([order.user_id])
    const to = contact === undefined ? null : channel.addressOf(contact)
    if (contact === undefined || to === null) return outcome('skipped', 'No address of the customer is known')
    const id = messageIdOf(delivery)
    const message = { id, to, ...renderMessage(delivery.event_type as MessageType, order, contact, await findShop()) }
    request = requestOf(channel.url, id, to, message.subject)
    return outcome('delivered', null, await channel.send(message, signal))
  } catch (error) {
    if (!(error instanceof ChannelError)) return outcome('failed', sentenceOf(error))
    return outcome(error.isFinal ? 'refused' : 'failed', sentenceOf(error), error.receipt)
  }
}

function requestOf(url: string, id: string, to: string, subject: string): SentRequest {
  return { method: 'SEND', url, headers: { 'message-id': id, to: maskAddresses(to), subject }, body: null }
}
