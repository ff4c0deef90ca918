import type { EventType } from '@kakilima/contracts/events'
import type { OutboxEvent } from '@kakilima/kit/outbox'
import type { PaymentVerbDeps } from './payments/ask-order.ts'
import { checkOrder } from './payments/open-payment.ts'
import type { PaymentRow } from './payments/payment.ts'
import { finishReceipt } from './payments/record-receipt.ts'

/** What has to happen after a change of a payment, where it was not done inline. Harmless the second time. */
export async function followUp(deps: PaymentVerbDeps, type: EventType, events: OutboxEvent[]): Promise<void> {
  for (const { subject_id, data } of events) {
    switch (type) {
      case 'payment.opened':
        await checkOrder(deps, (data as PaymentRow).order_id)
        break
      case 'payment.received':
        await finishReceipt(deps, subject_id)
        break
      default:
        throw new Error(`nothing follows from ${type}, and it should not be in the outbox as due`)
    }
  }
}
