import type { Order } from '@kakilima/contracts/order/order'

/** The moment that matters most about an order now, and what happened then. */
export function stepOf(order: Order): { step: 'placed' | 'paid' | 'confirmed' | 'ended'; at: string } {
  if (order.confirmed_at !== null) return { step: 'confirmed', at: order.confirmed_at }
  if (order.ended_at !== null) return { step: 'ended', at: order.ended_at }
  if (order.paid_at !== null) return { step: 'paid', at: order.paid_at }
  return { step: 'placed', at: order.created_at }
}

/** `2 × Kopi Tubruk`, of the first line that has a name. */
export function firstLineOf({ lines }: Order): string {
  const [line] = lines
  return line === undefined ? '' : `${line.quantity} × ${line.name || `#${line.product_id}`}`
}

/** A phone number for links: digits with the country in front, or nothing where it is no number. */
export function dialedNumber(phone: string): string | undefined {
  const digits = phone.replaceAll(/\D/g, '')
  if (digits.length < 8) return undefined
  if (digits.startsWith('0')) return `62${digits.slice(1)}`
  return digits.startsWith('8') ? `62${digits}` : digits
}

const refundReasons = new Set(['order-canceled', 'paid-too-late', 'order-paid', 'order-confirmed'])

/** The name of the words that say why money has to be given back. */
export function refundReason(reason: string): string {
  return `order.payment.refundReason.${refundReasons.has(reason) ? reason : 'other'}`
}
