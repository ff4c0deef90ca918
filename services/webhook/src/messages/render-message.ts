import type { Language } from '@kakilima/contracts/language'
import type { Order } from '@kakilima/contracts/order/order'
import type { Contact } from '@kakilima/contracts/user'
import { english } from './english.ts'
import { indonesian } from './indonesian.ts'
import type { Message, MessageType } from './message.ts'
import { renderHtml } from './render-html.ts'
import type { Story, Words } from './words.ts'

const wordsIn: Record<Language, Words> = { id: indonesian, en: english }

/** What the shop is called, and the address of its pages. */
export type ShopFront = { name: string; url: string }

/** What a message says, in parts, in one language and as plain text. */
export type MessageParts = Story & {
  language: Language
  greeting: string
  orderName: string
  lines: { quantity: number; name: string; each: string | null; price: string | null }[]
  /** Null where nothing has a price: the order was rejected. */
  total: { label: string; price: string } | null
  link: { label: string; url: string }
  regards: string
  shop: string
  whyThis: string
}

/** Writes what a customer is told of an order. */
export function renderMessage(
  type: MessageType,
  order: Order,
  contact: Pick<Contact, 'name' | 'language'>,
  shop: ShopFront,
): Pick<Message, 'language' | 'subject' | 'text' | 'html'> {
  const parts = partsOf(type, order, contact, shop)
  return {
    language: contact.language,
    subject: `${parts.subject} · ${parts.shop}`,
    text: renderText(parts),
    html: renderHtml(parts),
  }
}

function partsOf(
  type: MessageType,
  order: Order,
  { name, language }: Pick<Contact, 'name' | 'language'>,
  shop: ShopFront,
): MessageParts {
  const words = wordsIn[language]
  const story = words.stories[type](order)
  const hasPrices = type !== 'order.rejected'
  const shopName = oneLine(shop.name)
  return {
    ...story,
    points: (story.points ?? []).map(oneLine),
    language,
    greeting: words.greeting(greetable(name)),
    orderName: words.order(order.id),
    lines: order.lines.map((line) => ({
      quantity: line.quantity,
      name: oneLine(line.name) || words.product(line.product_id),
      each: hasPrices && line.quantity > 1 ? words.each(rupiah(line.unit_price)) : null,
      price: hasPrices ? rupiah(line.unit_price * line.quantity) : null,
    })),
    total: hasPrices ? { label: words.total, price: rupiah(order.total_price) } : null,
    link: { label: words.seeOrder, url: `${shop.url.replace(/\/$/, '')}/pesanan/${order.id}` },
    regards: words.regards,
    shop: shopName,
    whyThis: words.whyThis(shopName),
  }
}

function renderText(parts: MessageParts): string {
  const [first, ...others] = parts.sentences
  const lines = parts.lines.map(({ quantity, name, each, price }) =>
    [`  ${quantity} × ${name}`, each, price && `= ${price}`].filter((part) => part !== null).join(' '),
  )
  return [
    parts.greeting,
    first!,
    ...(parts.points!.length > 0 ? [parts.points!.map((point) => `  - ${point}`).join('\n')] : []),
    others.join('\n'),
    [parts.orderName, ...lines, ...(parts.total ? [`  ${parts.total.label}: ${parts.total.price}`] : [])].join('\n'),
    `${parts.link.label}: ${parts.link.url}`,
    `${parts.regards}\n${parts.shop}`,
    `-- \n${parts.whyThis}\n`,
  ].join('\n\n')
}

/** `Rp 150.000`, in whatever language the message is. */
function rupiah(amount: number): string {
  return `Rp ${amount.toLocaleString('id-ID')}`
}

/** A text on one line, without control characters and marks that turn the direction of what follows. */
function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\u202A-\u202E\u2066-\u2069]+/gu, ' ').trim()
}

const longestName = 60
/** What programs that show mail would make a link of. */
const link = /[/@]|www\.|\.(?:com|net|org|info|biz|id|io|co|me|xyz|top|shop|site|online|link|click)\b/i

/**
 * The name to greet somebody by, or null. Anybody may register anybody's address: who is greeted by a name that is an advertisement would
 * have it from us.
 */
function greetable(name: string): string | null {
  const shown = oneLine(name)
  return shown === '' || shown.length > longestName || link.test(shown) ? null : shown
}
