import Type from 'typebox'
import { AuditLogEntry } from './audit-log.ts'
import type { Call } from './clients.ts'
import { Confirmations, DeskOrder, DeskParkedOrder, DeskSummary, OrderNote, TimelineEntry } from './order/desk.ts'
import { MessageReply } from './lists.ts'
import { Payment, RefundsDue } from './payment.ts'
import { PaymentWindows, type PaymentWindowsChange } from './order/payment-windows.ts'
import { SalesReport } from './order/sales-report.ts'

/** What staff ask of the order service beyond what customers do. Queries are ready-made: `status=paid&limit=20`. */
export type DeskClient = ReturnType<typeof deskClient>
export function deskClient(call: Call) {
  return {
    orders: (query: string) =>
      call({ method: 'GET', path: `/desk/orders?${query}`, reply: Type.Array(DeskOrder), harmless: true }),
    order: (id: number) => call({ method: 'GET', path: `/desk/orders/${id}`, reply: DeskOrder, harmless: true }),
    /** Confirms up to 100 orders. Asked again after a lost answer, those that were confirmed are told as such. */
    confirm: (orderIds: number[]) =>
      call({
        method: 'POST',
        path: '/orders/confirmations',
        body: { order_ids: orderIds },
        reply: Confirmations,
        harmless: false,
      }),
    parked: () => call({ method: 'GET', path: '/parked-orders', reply: Type.Array(DeskParkedOrder), harmless: true }),
    replay: (id: number) =>
      call({ method: 'POST', path: `/parked-orders/${id}/replay`, reply: MessageReply, harmless: false }),
    reject: (id: number) =>
      call({ method: 'POST', path: `/parked-orders/${id}/rejection`, reply: MessageReply, harmless: false }),
    paymentWindows: () => call({ method: 'GET', path: '/payment-windows', reply: PaymentWindows, harmless: true }),
    changePaymentWindows: (change: PaymentWindowsChange) =>
      call({ method: 'PUT', path: '/payment-windows', body: change, reply: PaymentWindows, harmless: true }),
    summary: () => call({ method: 'GET', path: '/desk/summary', reply: DeskSummary, harmless: true }),
    timeline: (id: number) =>
      call({ method: 'GET', path: `/orders/${id}/timeline`, reply: Type.Array(TimelineEntry), harmless: true }),
    notes: (id: number, query: string) =>
      call({ method: 'GET', path: `/orders/${id}/notes?${query}`, reply: Type.Array(OrderNote), harmless: true }),
    addNote: (id: number, text: string) =>
      call({ method: 'POST', path: `/orders/${id}/notes`, body: { text }, reply: OrderNote, harmless: false }),
  }
}

/** What takes longer than other calls do. */
export type ReportClient = ReturnType<typeof reportClient>
export function reportClient(call: Call) {
  return {
    sales: (query: string) =>
      call({ method: 'GET', path: `/reports/sales?${query}`, reply: SalesReport, harmless: true, tries: 1 }),
  }
}

/** What the order service asks of the payment service for staff. */
export type PaymentHistoryClient = ReturnType<typeof paymentHistoryClient>
export function paymentHistoryClient(call: Call) {
  return {
    ofOrder: (orderId: number) =>
      call({ method: 'GET', path: `/payments?order_id=${orderId}`, reply: Type.Array(Payment), harmless: true }),
    changesOf: (paymentId: number) =>
      call({
        method: 'GET',
        path: `/audit-log?subject=payment:${paymentId}`,
        reply: Type.Array(AuditLogEntry),
        harmless: true,
      }),
    refundsDue: () => call({ method: 'GET', path: '/payments/refunds-due', reply: RefundsDue, harmless: true }),
  }
}
