import Type from 'typebox'
import type { AskedBy } from './asked-by.ts'
import { AuditLogEntry } from './audit-log.ts'
import { type Call, orderClient, paymentClient } from './clients.ts'
import { FeedPosition, FeedReply, type FeedRequest, type ReaderName } from './event-feed.ts'
import { Product, type ProductChange, type ProductInput } from './inventory.ts'
import { MessageReply } from './lists.ts'
import { Order, OrderChange } from './order.ts'
import { Payment } from './payment.ts'
import { User } from './user.ts'

// What the gateway asks of the services for customers and staff. Queries are ready-made: `limit=20&after=3`.

export type ProductClient = ReturnType<typeof productClient>
export function productClient(call: Call) {
  return {
    page: (query: string) =>
      call({ method: 'GET', path: `/products?${query}`, reply: Type.Array(Product), harmless: true }),
    get: (id: number) => call({ method: 'GET', path: `/products/${id}`, reply: Product, harmless: true }),
    create: (body: ProductInput) => call({ method: 'POST', path: '/products', body, reply: Product, harmless: false }),
    change: (id: number, body: ProductChange) =>
      call({ method: 'PUT', path: `/products/${id}`, body, reply: Product, harmless: true }),
    adjustStock: (id: number, quantity: number) =>
      call({ method: 'PUT', path: `/products/${id}/stock`, body: { quantity }, reply: Product, harmless: false }),
    delete: (id: number) => call({ method: 'DELETE', path: `/products/${id}`, reply: MessageReply, harmless: false }),
  }
}

export type OrderDeskClient = ReturnType<typeof orderDeskClient>
export function orderDeskClient(call: Call) {
  return {
    /** Newest first, queued ones of a customer among them. */
    newest: (query: string) =>
      call({ method: 'GET', path: `/orders/newest?${query}`, reply: Type.Array(Order), harmless: true }),
    get: orderClient(call).get,
    confirm: (id: number) =>
      call({ method: 'PUT', path: `/orders/${id}/confirm`, reply: MessageReply, harmless: true }),
    cancel: (id: number, by: AskedBy) =>
      call({ method: 'POST', path: `/orders/${id}/cancellation`, body: { by }, reply: Order, harmless: false }),
  }
}

/** How orders change. Each call is tried once: whoever follows changes asks again anyway. */
export type OrderFeedClient = ReturnType<typeof orderFeedClient>
export function orderFeedClient(call: Call) {
  const once = { harmless: true, tries: 1 }
  return {
    /** From where to read on, to learn of every change from now on. */
    position: () => call({ method: 'GET', path: '/orders/changes/position', reply: FeedPosition, ...once }),
    changes: (position: FeedPosition) =>
      call({ method: 'POST', path: '/orders/changes', body: position, reply: Type.Array(OrderChange), ...once }),
    list: (ids: number[]) =>
      call({ method: 'GET', path: `/orders?ids=${ids.join(',')}`, reply: Type.Array(Order), ...once }),
  }
}

/** What happens in one service. Each call is tried once: whoever follows events asks again anyway. */
export type EventFeedClient = ReturnType<typeof eventFeedClient>
export function eventFeedClient(call: Call) {
  const once = { harmless: true, tries: 1 }
  return {
    /** From where to read on, to learn of every event from now on. With a name, events are kept for that reader from there on. */
    begin: (reader: ReaderName) =>
      call({ method: 'PUT', path: `/events/readers/${reader}`, reply: FeedPosition, ...once }),
    read: (request: FeedRequest) => call({ method: 'POST', path: '/events', body: request, reply: FeedReply, ...once }),
    /** Events need not be kept for this reader any more. */
    leave: (reader: ReaderName) =>
      call({ method: 'DELETE', path: `/events/readers/${reader}`, reply: MessageReply, ...once }),
  }
}

export type PaymentDeskClient = ReturnType<typeof paymentDeskClient>
export function paymentDeskClient(call: Call) {
  const { open, confirm } = paymentClient(call)
  return {
    open,
    confirm,
    page: (query: string) =>
      call({ method: 'GET', path: `/payments?${query}`, reply: Type.Array(Payment), harmless: true }),
    get: (id: number) => call({ method: 'GET', path: `/payments/${id}`, reply: Payment, harmless: true }),
    refund: (id: number, reference: string) =>
      call({ method: 'POST', path: `/payments/${id}/refund`, body: { reference }, reply: Payment, harmless: true }),
  }
}

export type CustomerClient = ReturnType<typeof customerClient>
export function customerClient(call: Call) {
  return {
    page: (query: string) => call({ method: 'GET', path: `/users?${query}`, reply: Type.Array(User), harmless: true }),
  }
}

export type AuditLogClient = ReturnType<typeof auditLogClient>
export function auditLogClient(call: Call) {
  return {
    /** Newest first. */
    page: (query: string) =>
      call({ method: 'GET', path: `/audit-log?${query}`, reply: Type.Array(AuditLogEntry), harmless: true }),
  }
}
