import type { OrderLine, RejectionReason, Shortage } from '@kakilima/contracts/inventory'
import type { Order } from '@kakilima/contracts/order/order'
import type { MessageType } from './message.ts'

/** What a message says before it lists the order: its subject, its first line, and sentences, with `points` after the first of them. */
export type Story = { subject: string; title: string; points?: string[]; sentences: string[] }

/** All that messages say, in one language. */
export type Words = {
  greeting: (name: string | null) => string
  product: (id: number) => string
  order: (id: number) => string
  each: (price: string) => string
  total: string
  seeOrder: string
  regards: string
  whyThis: (shop: string) => string
  stories: Record<MessageType, (order: Order) => Story>
}

/** A line for each product of which there was too little, with its name as the order has it. */
export function shortagesOf(
  { lines, shortages }: Pick<Order, 'lines' | 'shortages'>,
  say: (name: string | undefined, shortage: Shortage) => string,
): string[] {
  const nameOf = (id: number) => lines.find(({ product_id }: OrderLine) => product_id === id)?.name || undefined
  return shortages.map((shortage) => say(nameOf(shortage.product_id), shortage))
}

/** Why an order was rejected; what is not known is a shortage. */
export function reasonOf({ reason }: Pick<Order, 'reason'>): RejectionReason {
  return reason ?? 'insufficient-stock'
}

/** Whether the money of an order that was canceled had arrived. */
export function wasPaid({ paid_by_payment_id }: Pick<Order, 'paid_by_payment_id'>): boolean {
  return paid_by_payment_id !== null
}
