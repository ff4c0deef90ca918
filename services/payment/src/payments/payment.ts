import type { Payment } from '@kakilima/contracts/payment'
import type { Selectable } from 'kysely'
import type { PaymentTables } from '../database.ts'

export type PaymentRow = Selectable<PaymentTables['payments']>

/** A row as others see it. */
export function presentPayment({ updated_at: _, ...row }: PaymentRow): Payment {
  return { ...row, status: row.state === 'completed' }
}
