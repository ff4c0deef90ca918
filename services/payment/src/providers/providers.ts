import { manual } from './manual.ts'
import type { PaymentProvider } from './provider.ts'
import { simulator } from './simulator.ts'

/** Providers by the name that `PAYMENT_PROVIDER` knows them by. */
export const providers: Record<'simulator' | 'manual', PaymentProvider> = { simulator, manual }
