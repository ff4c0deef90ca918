import { createPostgresQueue } from '@kakilima/queue/postgres'
import { auditLogOf } from '@kakilima/testkit/audit-log'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { reserved } from '@kakilima/testkit/fake-inventory'
import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import type { PaymentWindows } from '../config.ts'
import type { OrderTables } from '../database.ts'
import { writeOutcomes } from '../intake/write-outcomes.ts'
import { choosePaymentMethod } from '../orders/choose-payment-method.ts'
import { changePaymentWindows, readPaymentWindows } from './change-payment-windows.ts'

const db = await testDatabase<OrderTables>('order')
const queue = createPostgresQueue(db)
const windows: PaymentWindows = { standard: 60, QRIS: 20, CASH: 0 }
const deps = { db, queue, windows }
let lastOrderId = 0

beforeEach(async () => {
  await sql`truncate payment_windows, audit_log`.execute(db)
})

async function newOrder(): Promise<number> {
  const order = {
    order_id: ++lastOrderId,
    user_id: 7,
    lines: [{ product_id: 1, quantity: 1 }],
    idempotency_key: null,
    accepted_at: '2026-11-22T08:00:00.000Z',
  }
  await writeOutcomes(db, [{ order, decision: reserved(order) }], windows.standard)
  return order.order_id
}

/** The seconds from the reservation to the deadline; null without one. */
async function windowOf(id: number): Promise<number | null> {
  const { rows } = await sql<{ seconds: number | null }>`
    select round(extract(epoch from expires_at - reserved_at))::float8 as seconds from orders where id = ${id}`.execute(
    db,
  )
  return rows[0]!.seconds
}

async function shown(): Promise<Record<string, number>> {
  const { standard_seconds, methods } = await readPaymentWindows(deps)
  const byMethod = methods.map(({ payment_method, seconds }) => [payment_method, seconds])
  return { standard: standard_seconds, ...Object.fromEntries(byMethod) }
}

const ofEnvironment = { standard: 60, CASH: 0, VIRTUAL_ACCOUNT: 60, QRIS: 20, EWALLET: 60, BANK_TRANSFER: 60 }

describe('a window', () => {
  test('is what the environment says until an admin sets another', async () => {
    expect(await shown()).toEqual(ofEnvironment)
    await changePaymentWindows(deps, { standard_seconds: 600, methods: { QRIS: 300, EWALLET: 0 } })
    // A method without its own follows the standard; what the environment says of one counts before it.
    const set = { standard: 600, CASH: 0, VIRTUAL_ACCOUNT: 600, QRIS: 300, EWALLET: 0, BANK_TRANSFER: 600 }
    expect(await shown()).toEqual(set)
    const { standard_is_own, methods } = await readPaymentWindows(deps)
    expect(standard_is_own).toBe(true)
    expect(methods.filter((method) => method.is_own).map((method) => method.payment_method)).toEqual([
      'QRIS',
      'EWALLET',
    ])
    await changePaymentWindows(deps, { methods: { QRIS: null } })
    expect(await shown()).toEqual({ ...set, QRIS: 20 })
    await changePaymentWindows(deps, { standard_seconds: null, methods: { EWALLET: null } })
    expect(await shown()).toEqual(ofEnvironment)
  })

  test('counts for the next order, without a restart', async () => {
    const before = await newOrder()
    await changePaymentWindows(deps, { standard_seconds: 600 })
    const after = await newOrder()
    await changePaymentWindows(deps, { standard_seconds: 0 })
    const endless = await newOrder()
    expect([await windowOf(before), await windowOf(after), await windowOf(endless)]).toEqual([60, 600, null])
  })

  test('of a method counts where it is chosen, from the reservation on', async () => {
    await changePaymentWindows(deps, { standard_seconds: 600, methods: { QRIS: 300, CASH: 900 } })
    const id = await newOrder()
    for (const [method, seconds] of [
      ['QRIS', 300],
      ['CASH', 900],
      ['EWALLET', 600],
    ] as const) {
      await choosePaymentMethod(deps, id, method)
      expect(await windowOf(id)).toBe(seconds)
    }
    await changePaymentWindows(deps, { methods: { QRIS: 0, CASH: 0.000001 } })
    await choosePaymentMethod(deps, id, 'QRIS')
    expect(await windowOf(id)).toBeNull()
    await expect(choosePaymentMethod(deps, id, 'CASH')).rejects.toMatchObject({ type: 'payment-expired' })
    expect(await windowOf(id)).toBeNull()
  })
})

test('a change is logged with what it changed, and one that changes nothing is not', async () => {
  await changePaymentWindows(deps, { standard_seconds: 600, methods: { QRIS: 300 } })
  await changePaymentWindows(deps, { standard_seconds: 600, methods: { CASH: null } })
  await changePaymentWindows(deps, { methods: { QRIS: null } })
  const log = await auditLogOf(db)
  expect(log.map(({ action, subject_id, before, after }) => [action, subject_id, before, after])).toEqual([
    ['payment_windows.update', 1, { standard: null, QRIS: null }, { standard: 600, QRIS: 300 }],
    ['payment_windows.update', 1, { QRIS: 300 }, { QRIS: null }],
  ])
})

test('of twenty admins at once each finds what the one before left, and orders are decided meanwhile', async () => {
  const seconds = Array.from({ length: 20 }, (_, index) => 100 + index)
  await Promise.all([
    ...seconds.map((standard_seconds) => changePaymentWindows(deps, { standard_seconds })),
    ...seconds.map(() => newOrder()),
  ])
  const log = await auditLogOf(db)
  expect(log.map((entry) => entry.after.standard).toSorted()).toEqual(seconds)
  expect(log.map((entry) => entry.before.standard)).toEqual([
    null,
    ...log.slice(0, -1).map((entry) => entry.after.standard),
  ])
})
