import Type from 'typebox'
import { AuditLogEntry } from './audit-log.ts'
import type { Call } from './clients.ts'
import { Payment, RefundsDue } from './payment.ts'

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
