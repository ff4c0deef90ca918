import Type, { type Static } from 'typebox'
import { AskedBy } from './asked-by.ts'
import { Id } from './ids.ts'
import { listQuery } from './lists.ts'
import { Rupiah } from './money.ts'
import { nullable } from './nullable.ts'
import { text, Timestamp } from './text.ts'

export const paymentMethods = ['CASH', 'VIRTUAL_ACCOUNT', 'QRIS', 'EWALLET', 'BANK_TRANSFER'] as const
export const PaymentMethod = Type.Enum([...paymentMethods])
export type PaymentMethod = (typeof paymentMethods)[number]

export const paymentStates = ['open', 'completed', 'expired', 'voided', 'refund_due', 'refunded'] as const
export const PaymentState = Type.Enum([...paymentStates])
export type PaymentState = (typeof paymentStates)[number]

export const Payment = Type.Object({
  id: Id,
  order_id: Id,
  user_id: Id,
  amount: Rupiah,
  payment_method: PaymentMethod,
  status: Type.Boolean({ description: 'state = completed' }),
  state: PaymentState,
  reason: nullable(Type.String({ description: 'why money has to be given back' })),
  provider: Type.String(),
  receipt: nullable(Type.String({ description: 'the word of a bank or provider that the money has arrived' })),
  reference: Type.String({ description: 'what the payer needs to pay: text of the QR code, account number, address' }),
  refund_reference: nullable(Type.String({ description: 'how the money was given back' })),
  version: Type.Integer(),
  created_at: Timestamp,
  completed_at: nullable(Timestamp),
  refund_due_at: nullable(Timestamp),
  refunded_at: nullable(Timestamp),
  expires_at: nullable(Timestamp),
})
export type Payment = Static<typeof Payment>

export const PaymentInput = Type.Object({
  order_id: Id,
  payment_method: Type.Optional(PaymentMethod),
  by: Type.Optional(AskedBy),
})
export type PaymentInput = Static<typeof PaymentInput>

export const PaymentConfirmation = Type.Object({ payment_id: Id, by: Type.Optional(AskedBy) })

export const PaymentListQuery = Type.Object({
  ...listQuery,
  order_id: Type.Optional(Id),
  state: Type.Optional(PaymentState),
})
export type PaymentListQuery = Static<typeof PaymentListQuery>

/** How many payments have money that is due to be given back. */
export const RefundsDue = Type.Object({ count: Type.Integer() })

/** A bank's or provider's name for a movement of money. */
const Reference = Type.String({ ...text(200), minLength: 1, pattern: '^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$' })

export const RefundInput = Type.Object({ reference: Reference })

export const ReceiptInput = Type.Object({ reference: Reference })

// --- what the order service tells ---

/** How orders ended, so that their payments follow. `paid` names the payment that paid. */
export const OrderOutcomes = Type.Object({
  orders: Type.Array(
    Type.Object({
      order_id: Id,
      outcome: Type.Enum(['paid', 'expired', 'canceled']),
      paid_by_payment_id: nullable(Id),
    }),
    { minItems: 1, maxItems: 1000 },
  ),
})
export type OrderOutcome = Static<typeof OrderOutcomes>['orders'][number]
