import { IdPath } from '@kakilima/contracts/ids'
import { Payment, RefundInput } from '@kakilima/contracts/payment'
import type { Server } from '@kakilima/kit/server'
import type { PaymentDeps } from '../app.ts'
import { presentPayment } from '../payments/payment.ts'
import { recordRefund } from './record-refund.ts'

export function refundRoutes(app: Server, { db }: PaymentDeps): void {
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
