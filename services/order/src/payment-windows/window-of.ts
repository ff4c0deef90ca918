import type { PaymentMethod } from '@kakilima/contracts/payment'
import { type RawBuilder, sql } from 'kysely'
import type { PaymentWindows } from '../config.ts'

/**
 * The seconds that a customer has to pay, as a part of the statement that sets the deadline. What an admin has set counts before the
 * environment, and what is said of a method before the standard.
 */
export function windowOf(
  environment: Pick<PaymentWindows, 'standard'> & Partial<PaymentWindows>,
  name: PaymentMethod | 'standard',
): RawBuilder<number> {
  const ofAdmins = (wanted: string) => sql`(select seconds from payment_windows where name = ${wanted})`
  const standard = sql`${ofAdmins('standard')}, ${environment.standard}::float8`
  if (name === 'standard') return sql<number>`coalesce(${standard})`
  return sql<number>`coalesce(${ofAdmins(name)}, ${environment[name] ?? null}::float8, ${standard})`
}
