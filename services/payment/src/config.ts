import { databaseUrl, readConfig, serverFaults, serverSettings, serviceUrl } from '@kakilima/kit/config'
import { eventSettings } from '@kakilima/kit/trim-outbox'
import Type, { type Static } from 'typebox'

export const paymentSettings = Type.Object({
  ...serverSettings(8004),
  ...eventSettings,
  PAYMENT_DATABASE_URL: databaseUrl(
    'The PostgreSQL database of the payment service. Where one service runs alone, DATABASE_URL will do.',
  ),
  ORDER_URL: serviceUrl('order', 8003),
  PAYMENT_PROVIDER: Type.Enum(['simulator', 'manual'], {
    default: 'simulator',
    description:
      'Who takes the money. `simulator`: nobody, the payer says that it was paid; never in production. ' +
      '`manual`: staff confirm cash and bank transfers.',
  }),
})
export type PaymentConfig = Static<typeof paymentSettings>

export function readPaymentConfig(env: Record<string, string | undefined>): PaymentConfig {
  return readConfig(
    paymentSettings,
    { ...env, PAYMENT_DATABASE_URL: env.PAYMENT_DATABASE_URL || env.DATABASE_URL },
    paymentFaults,
  )
}

function paymentFaults(config: PaymentConfig): string[] {
  const faults = serverFaults(config)
  if (config.NODE_ENV === 'production' && config.PAYMENT_PROVIDER === 'simulator') {
    faults.push('PAYMENT_PROVIDER is simulator, and NODE_ENV is production: set PAYMENT_PROVIDER=manual.')
  }
  return faults
}
