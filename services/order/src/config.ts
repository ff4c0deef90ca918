import { paymentMethods, type PaymentMethod } from '@kakilima/contracts/payment'
import { longestWindowSeconds } from '@kakilima/contracts/order/payment-windows'
import { databaseUrl, readConfig, redisUrl, serverFaults, serverSettings, serviceUrl } from '@kakilima/kit/config'
import { eventSettings } from '@kakilima/kit/trim-outbox'
import Type, { type Static } from 'typebox'

const windowOf = (method: PaymentMethod) =>
  Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: longestWindowSeconds,
      description: `The same for ${method}, where it should differ.`,
    }),
  )

export const orderSettings = Type.Object({
  ...serverSettings(8003),
  ...eventSettings,
  ORDER_DATABASE_URL: databaseUrl(
    'The PostgreSQL database of the order service. Where one service runs alone, DATABASE_URL will do.',
  ),
  REDIS_URL: redisUrl,
  USER_URL: serviceUrl('user', 8001),
  INVENTORY_URL: serviceUrl('inventory', 8002),
  PAYMENT_URL: serviceUrl('payment', 8004),
  ORDER_WORKER: Type.Boolean({
    default: true,
    description: 'Whether this process also decides queued orders. One that does is enough; more stand by.',
  }),
  DECISION_WAIT_SECONDS: Type.Number({
    default: 5,
    minimum: 0.1,
    maximum: 25,
    description:
      'How long `POST /orders` on 8003 waits for the decision before it answers 503. The order stands all the same.',
  }),
  PAYMENT_WINDOW_SECONDS: Type.Number({
    default: 10,
    minimum: 0,
    maximum: longestWindowSeconds,
    description:
      'How long a customer may take to pay, from the moment the stock was reserved. 0: no deadline. What admins set in the ' +
      'shop counts before this, and before the same for one method.',
  }),
  PAYMENT_WINDOW_SECONDS_CASH: windowOf('CASH'),
  PAYMENT_WINDOW_SECONDS_VIRTUAL_ACCOUNT: windowOf('VIRTUAL_ACCOUNT'),
  PAYMENT_WINDOW_SECONDS_QRIS: windowOf('QRIS'),
  PAYMENT_WINDOW_SECONDS_EWALLET: windowOf('EWALLET'),
  PAYMENT_WINDOW_SECONDS_BANK_TRANSFER: windowOf('BANK_TRANSFER'),
})
export type OrderConfig = Static<typeof orderSettings>

export function readOrderConfig(env: Record<string, string | undefined>): OrderConfig {
  return readConfig(
    orderSettings,
    { ...env, ORDER_DATABASE_URL: env.ORDER_DATABASE_URL || env.DATABASE_URL },
    serverFaults,
  )
}

/**
 * Seconds that a customer has to pay, as the environment says; 0 means no deadline. `standard` counts until a method is chosen, and for
 * methods that have none of their own. What admins set counts before: see `windowOf`.
 */
export type PaymentWindows = { standard: number } & Partial<Record<PaymentMethod, number>>

export function paymentWindows(config: OrderConfig): PaymentWindows {
  const windows: PaymentWindows = { standard: config.PAYMENT_WINDOW_SECONDS }
  for (const method of paymentMethods) {
    const own = config[`PAYMENT_WINDOW_SECONDS_${method}`]
    if (own !== undefined) windows[method] = own
  }
  return windows
}
