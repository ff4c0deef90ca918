import { IdPath } from '@kakilima/contracts/ids'
import { Payment, RefundInput, RefundsDue } from '@kakilima/contracts/payment'
import type { Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import type { PaymentDeps } from '../app.ts'
import { presentPayment } from '../payments/payment.ts'
import { recordRefund } from './record-refund.ts'

export function refundRoutes(app: Server, { db }: PaymentDeps): void {
  app.get(
    '/payments/refunds-due',
    { schema: { summary: 'How many payments are to be given back', response: { 200: RefundsDue } } },
    async () => {
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from payments where state = 'refund_due'`.execute(db)
      return rows[0]!
    },
  )

  app.post(
    '/payments/:id/refund',
    {
      schema: {
        summary: 'Note that money was given back',
        params: IdPath,
        body: RefundInput,
        response: { 200: Payment },
      },
    },
    async (request) => presentPayment(await recordRefund(db, request.params.id, request.body.reference)),
  )
}
