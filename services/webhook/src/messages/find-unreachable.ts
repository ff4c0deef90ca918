import type { ContactClient } from '@kakilima/contracts/clients'
import type { ShopEvent } from '@kakilima/contracts/events'
import type { Order } from '@kakilima/contracts/order/order'
import type { Logger } from '@kakilima/kit/logger'
import type { MessageChannel } from './message.ts'
import { messageTypes } from './message.ts'

export type UnreachableDeps = {
  contacts: Pick<ContactClient, 'list'>
  channel: Pick<MessageChannel, 'addressOf'>
  logger: Logger
}

/** How long nobody is asked after the user service did not answer: events of other receivers must not wait for it again and again. */
const restMs = 10_000

/**
 * Finds the customers to whom nothing can be sent, among those that a page of events tells of, with one question. Nothing has to be
 * queued for them: when 100,000 orders of guests expire, that is 200 questions and no row. Where the user service does not answer they
 * are taken for reachable, and it is found out when something is sent.
 */
export function createUnreachableFinder({ contacts, channel, logger }: UnreachableDeps) {
  let restUntil = 0
  return async (events: ShopEvent[]): Promise<Set<number>> => {
    const told = events.filter(({ type }) => (messageTypes as readonly string[]).includes(type))
    const asked = new Set(told.map(({ data }) => (data as Order).user_id))
    if (asked.size === 0 || performance.now() < restUntil) return new Set()
    try {
      const known = await contacts.list([...asked])
      const reachable = new Set(known.filter((contact) => channel.addressOf(contact) !== null).map(({ id }) => id))
      return asked.difference(reachable)
    } catch (err) {
      restUntil = performance.now() + restMs
      logger.warn({ err }, 'who can be written to is not known now, so it is looked up for each message')
      return new Set()
    }
  }
}
