import type { EventType } from '@kakilima/contracts/events'
import type { Language } from '@kakilima/contracts/language'
import type { Contact } from '@kakilima/contracts/user'

/** What customers are told of. */
export const messageTypes = [
  'order.rejected',
  'order.paid',
  'order.confirmed',
  'order.expired',
  'order.canceled',
] as const satisfies EventType[]
export type MessageType = (typeof messageTypes)[number]

/** What a customer is told, in the forms that channels may need. `text` is complete by itself. */
export type Message = {
  /** The same at each try, and of no other message of any shop. */
  id: string
  /** Where to, as the channel's `addressOf` said. */
  to: string
  language: Language
  subject: string
  text: string
  html: string
}

/** What the other side said when it took a message. */
export type Receipt = { status: number | null; answer: string | null }

/** A way to reach customers: by e-mail today. Another one is another object of this type. */
export type MessageChannel = {
  /** Where its messages go, for staff to see: no secret is in it. */
  url: string
  /** How many it sends side by side at most. */
  mostInFlight: number
  /** Where a customer is reached, or null where no such address is known. */
  addressOf: (contact: Contact) => string | null
  /** Throws `ChannelError` or whatever broke on the way; `signal` ends the try. */
  send: (message: Message, signal: AbortSignal) => Promise<Receipt>
  close: () => Promise<void>
}

/** A message that the other side did not take. */
export class ChannelError extends Error {
  /** Whether it will never be taken: there is no such mailbox. */
  readonly isFinal: boolean
  readonly receipt: Receipt

  constructor(sentence: string, isFinal: boolean, receipt: Receipt) {
    super(sentence)
    this.isFinal = isFinal
    this.receipt = receipt
  }
}

/** The name of what an event has to say to a customer. The time makes it another one in a shop that was begun anew. */
export function messageIdOf({ event_id, occurred_at }: { event_id: string; occurred_at: string }): string {
  return `${event_id}.${Date.parse(occurred_at)}`
}

/** A text in which no address of a customer can be read: `s***@example.com`. */
export function maskAddresses(text: string): string {
  return text.replaceAll(/([^\s<>"'(),;:@])[^\s<>"'(),;:@]*@/g, '$1***@')
}
