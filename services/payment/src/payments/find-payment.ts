import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import type { PaymentTables } from '../database.ts'
import type { PaymentRow } from './payment.ts'

export async function findPayment(db: Db<PaymentTables>, id: number): Promise<PaymentRow> {
  const payment = await db.selectFrom('payments').selectAll().where('id', '=', id).executeTakeFirst()
  if (payment === undefined) throw problem('payment-not-found', 'Payment not found')
  return payment
}
