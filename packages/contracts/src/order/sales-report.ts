import Type, { type Static } from 'typebox'
import { PaymentMethod } from '../payment.ts'

export const SalesReportQuery = Type.Object({
  days: Type.Integer({ minimum: 1, maximum: 366, default: 30, description: 'how many, the last of them today' }),
  time_zone: Type.String({
    minLength: 1,
    maxLength: 64,
    pattern: '^[A-Za-z][A-Za-z0-9_+/-]*$',
    default: 'Asia/Jakarta',
    description: 'in which a day begins and ends, by its name in the IANA database',
  }),
})
export type SalesReportQuery = Static<typeof SalesReportQuery>

const Day = Type.String({ format: 'date', examples: ['2026-11-22'] })
const Count = Type.Integer({ minimum: 0 })
/** A sum over many orders, whose exact value may be beyond what one of them may cost. */
const Sum = Type.Integer({ minimum: 0, description: 'rupiah' })

export const SalesDay = Type.Object({
  day: Day,
  placed: { ...Count, description: 'orders that were accepted on this day, those among them that were rejected' },
  placed_and_paid: { ...Count, description: 'how many of those are paid by now' },
  paid: { ...Count, description: 'orders whose money came on this day and was kept' },
  revenue: { ...Sum, description: 'rupiah of those that were paid on this day' },
  units: { ...Count, description: 'of those that were paid on this day' },
  expired: Count,
  canceled: Count,
  rejected: Count,
})
export type SalesDay = Static<typeof SalesDay>

/** What was sold in some days: every one of them, the oldest first. */
export const SalesReport = Type.Object({
  time_zone: Type.String(),
  first_day: Day,
  last_day: Day,
  days: Type.Array(SalesDay),
  best_sellers: Type.Array(
    Type.Object({ product_id: Type.Integer(), name: Type.String(), quantity: Count, revenue: Sum }),
    { description: 'the ten products of which most units were paid for' },
  ),
  payment_methods: Type.Array(Type.Object({ payment_method: PaymentMethod, orders: Count, revenue: Sum })),
})
export type SalesReport = Static<typeof SalesReport>
