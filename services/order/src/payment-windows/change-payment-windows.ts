import { paymentMethods } from '@kakilima/contracts/payment'
import type { PaymentWindows as ShownWindows, PaymentWindowsChange } from '@kakilima/contracts/order/payment-windows'
import { addToAuditLog } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { PaymentWindows } from '../config.ts'
import type { OrderTables } from '../database.ts'
import { windowOf } from './window-of.ts'

type WindowsDeps = { db: Db<OrderTables>; windows: PaymentWindows }

const names = ['standard', ...paymentMethods] as const
/** There is one set of windows in a shop; its entries in the audit log need a number. */
const onlySubject = 1

/** How long customers have to pay by now. */
export async function readPaymentWindows({ db, windows }: WindowsDeps): Promise<ShownWindows> {
  const own = await ownWindows(db)
  const seconds = sql.join(names.map((name) => sql`${windowOf(windows, name)} as ${sql.ref(name)}`))
  const { rows } = await sql<Record<(typeof names)[number], number>>`select ${seconds}`.execute(db)
  const [now] = rows
  return {
    standard_seconds: now!.standard,
    standard_is_own: own.standard !== null,
    methods: paymentMethods.map((method) => ({
      payment_method: method,
      seconds: now![method],
      is_own: own[method] !== null,
    })),
  }
}

/**
 * Sets how long customers have to pay from now on; orders that have a deadline keep it until a method is chosen. Null goes back to what
 * the environment says, and what is left out stays.
 */
export async function changePaymentWindows(
  deps: WindowsDeps,
  { standard_seconds, methods = {} }: PaymentWindowsChange,
): Promise<ShownWindows> {
  const wanted = Object.entries({ standard: standard_seconds, ...methods })
  return inTransaction(deps.db, async (tx) => {
    // Two admins one after the other, or an entry of the audit log could name what never was. Deadlines are set meanwhile.
    await sql`lock table payment_windows in share row exclusive mode`.execute(tx)
    const before = await ownWindows(tx)
    for (const name of names) {
      const seconds = wanted.find(([key]) => key === name)?.[1]
      if (seconds === null) await tx.deleteFrom('payment_windows').where('name', '=', name).execute()
      if (typeof seconds !== 'number') continue
      await sql`
        insert into payment_windows (name, seconds) values (${name}, ${seconds})
        on conflict (name) do update set seconds = excluded.seconds, updated_at = clock_timestamp()`.execute(tx)
    }
    const after = await ownWindows(tx)
    await addToAuditLog(tx, { action: 'payment_windows.update', subject_id: onlySubject, before, after })
    return readPaymentWindows({ ...deps, db: tx })
  })
}

/** What admins have set, by name; null where the environment counts. */
async function ownWindows(db: Db<OrderTables>): Promise<Record<string, number | null>> {
  const rows = await db.selectFrom('payment_windows').select(['name', 'seconds']).execute()
  const set = new Map(rows.map((row) => [row.name, row.seconds]))
  return Object.fromEntries(names.map((name) => [name, set.get(name) ?? null]))
}
