import Type, { type Static } from 'typebox'
import { nullable } from '../nullable.ts'
import { PaymentMethod, paymentMethods } from '../payment.ts'

/** The longest time that a customer may be given to pay: a year. */
export const longestWindowSeconds = 365 * 24 * 60 * 60

const Seconds = Type.Number({ minimum: 0, description: 'from the moment the stock was reserved; 0: no deadline' })

/** How long customers have to pay, as it is now. */
export const PaymentWindows = Type.Object({
  standard_seconds: { ...Seconds, description: 'until a method is chosen, and for methods without their own' },
  standard_is_own: Type.Boolean({ description: 'set by an admin; otherwise as the environment says' }),
  methods: Type.Array(
    Type.Object({
      payment_method: PaymentMethod,
      seconds: Seconds,
      is_own: Type.Boolean({ description: 'set by an admin; otherwise as the environment says, or the standard' }),
    }),
  ),
})
export type PaymentWindows = Static<typeof PaymentWindows>

const NewSeconds = Type.Optional(
  nullable(
    Type.Integer({
      minimum: 0,
      maximum: longestWindowSeconds,
      description: '0: no deadline; null: as the environment says. What is left out stays as it is',
    }),
  ),
)

export const PaymentWindowsChange = Type.Object({
  standard_seconds: NewSeconds,
  methods: Type.Optional(
    Type.Object(
      Object.fromEntries(paymentMethods.map((method) => [method, NewSeconds])) as Record<
        (typeof paymentMethods)[number],
        typeof NewSeconds
      >,
    ),
  ),
})
export type PaymentWindowsChange = Static<typeof PaymentWindowsChange>
