import { testEnvironment } from '@kakilima/testkit/app'
import { auditLogOf, whileAuditLogIsFull } from '@kakilima/testkit/audit-log'
import { eventsOf, insertOrder } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { emptyQueue } from '@kakilima/testkit/empty-queue'
import { type FakeInventory, fakeInventory } from '@kakilima/testkit/fake-inventory'
import { fakePayments, unreachable } from '@kakilima/testkit/fake-neighbors'
import { createPostgresQueue } from '@kakilima/queue/postgres'
import type { Queue } from '@kakilima/queue/queue'
import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { paymentWindows, readOrderConfig } from './config.ts'
import type { OrderTables } from './database.ts'
import { rejectParkedOrder, replayParkedOrder } from './intake/parked-orders.ts'
import { cancelOrder } from './orders/cancel-order.ts'
import { choosePaymentMethod } from './orders/choose-payment-method.ts'
import { confirmOrder } from './orders/confirm-order.ts'
import { expireOrders } from './orders/expire-orders.ts'
import { findDecidedOrder } from './orders/find-order.ts'
import { followUp, type FollowUpDeps } from './orders/follow-up.ts'
import { payOrder } from './orders/pay-order.ts'
import { setPaymentStatus } from './orders/set-payment-status.ts'
import { toQueuedBody } from '@kakilima/queue/order-body'

const db = await testDatabase<OrderTables>('order', 20)
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)

let inventory: FakeInventory
let queue: Queue
let deps: FollowUpDeps & { queue: Queue }

beforeEach(async () => {
  await sql`truncate audit_log, orders, outbox`.execute(db)
  await emptyQueue(db)
  inventory = fakeInventory()
  queue = createPostgresQueue(db)
  deps = { db, queue, inventory, payments: fakePayments(async () => undefined) }
})

async function insert(id: number, status: string, fields = {}): Promise<void> {
  await insertOrder(db, id, { status, ...fields })
  await inventory.decide([{ order_id: id, lines: [{ product_id: 1, quantity: 2 }] }])
}

async function park(): Promise<number> {
  const id = await queue.append({
    userId: 7,
    body: toQueuedBody({ lines: [{ product_id: 1, quantity: 1 }] }),
    idempotencyKey: null,
  })
  await queue.park((await queue.take(1))[0]!, 'it cannot be decided')
  return id
}

const qris = (payment_id: number) => ({ payment_id, payment_method: 'QRIS' as const })

describe('an order', () => {
  test('that staff confirm is logged once, however often they ask', async () => {
    await insert(1, 'paid')
    await Promise.all(range(20).map(() => confirmOrder(deps, 1)))
    await confirmOrder(deps, 1)
    expect(await auditLogOf(db)).toMatchObject([
      {
        action: 'order.confirm',
        subject_type: 'order',
        subject_id: 1,
        before: { status: 'paid', version: 1 },
        after: { status: 'confirming', version: 2 },
      },
    ])
  })

  test('that staff confirm is logged once when the relay has to finish it', async () => {
    await insert(1, 'paid')
    inventory.refuse = () => {
      throw unreachable('inventory')
    }
    await expect(confirmOrder(deps, 1)).rejects.toMatchObject({ type: 'neighbor-unavailable' })
    inventory.refuse = () => undefined
    await followUp(deps, 'order.confirming', [await findDecidedOrder(db, 1)])
    expect(await findDecidedOrder(db, 1)).toMatchObject({ status: 'confirmed' })
    expect(await auditLogOf(db)).toMatchObject([{ action: 'order.confirm' }])
  })

  test('that staff cancel is logged once, with the status that they found', async () => {
    await insert(1, 'paid')
    await insert(2, 'awaiting_payment')
    for (const id of [1, 2, 1]) await cancelOrder(deps, id, 'staff')
    expect(await auditLogOf(db)).toMatchObject([
      { action: 'order.cancel', subject_id: 1, before: { status: 'paid' }, after: { status: 'canceled' } },
      { action: 'order.cancel', subject_id: 2, before: { status: 'awaiting_payment' }, after: { status: 'canceled' } },
    ])
  })

  test('whose payment method staff choose is logged, where that changes anything', async () => {
    await insert(1, 'awaiting_payment')
    const choosing = {
      ...deps,
      windows: paymentWindows(readOrderConfig(testEnvironment({ DATABASE_URL: 'postgres://unused' }))),
    }
    await choosePaymentMethod(choosing, 1, 'CASH', 'customer')
    await choosePaymentMethod(choosing, 1, 'CASH', 'staff')
    await choosePaymentMethod(choosing, 1, 'QRIS', 'staff')
    expect(await auditLogOf(db)).toMatchObject([
      {
        action: 'order.choose_payment_method',
        subject_id: 1,
        before: { payment_method: 'CASH' },
        after: { payment_method: 'QRIS' },
      },
    ])
  })

  test('that staff call paid is logged with the payment that paid it', async () => {
    await insert(1, 'awaiting_payment')
    await payOrder(db, 1, { ...qris(55), by: 'staff' })
    await payOrder(db, 1, { ...qris(55), by: 'staff' })
    await payOrder(db, 1, { ...qris(56), by: 'staff' })
    expect(await auditLogOf(db)).toMatchObject([
      {
        action: 'order.pay',
        subject_id: 1,
        before: { status: 'awaiting_payment', paid_by_payment_id: null },
        after: { status: 'paid', paid_by_payment_id: 55, payment_method: 'QRIS' },
      },
    ])
  })

  test('that an old admin page calls paid is confirmed as by staff', async () => {
    await insert(1, 'awaiting_payment')
    const asked: unknown[] = []
    const { payments } = deps
    const confirm = (id: number, by: 'customer' | 'staff') => {
      asked.push(by)
      return payments.confirm(id, by)
    }
    await setPaymentStatus({ db, payments: { ...payments, confirm } }, 1, true)
    expect(asked).toEqual(['staff'])
  })

  test('that its customer pays or cancels, that expires, or that staff may not change, leaves no entry', async () => {
    await insert(1, 'awaiting_payment')
    await insert(2, 'awaiting_payment')
    await insert(3, 'awaiting_payment', { expiresInMs: -1000 })
    await payOrder(db, 1, qris(55))
    await cancelOrder(deps, 2, 'customer')
    await payOrder(db, 3, { ...qris(56), by: 'staff' })
    await expireOrders(deps)
    for (const id of [2, 3]) await expect(confirmOrder(deps, id)).rejects.toMatchObject({ type: 'order-not-paid' })
    await expect(cancelOrder(deps, 3, 'staff')).rejects.toMatchObject({ type: 'order-state' })
    await expect(cancelOrder(deps, 99, 'staff')).rejects.toMatchObject({ type: 'order-not-found' })
    const statuses = (await db.selectFrom('orders').select('status').orderBy('id').execute()).map(
      ({ status }) => status,
    )
    expect(statuses).toEqual(['paid', 'canceled', 'expired'])
    expect(await auditLogOf(db)).toEqual([])
  })

  test('is not changed by staff without its entry', async () => {
    await insert(1, 'paid')
    await insert(2, 'awaiting_payment')
    await whileAuditLogIsFull(db, async () => {
      await expect(confirmOrder(deps, 1)).rejects.toThrow('audit_log_is_full')
      await expect(cancelOrder(deps, 1, 'staff')).rejects.toThrow('audit_log_is_full')
      await expect(payOrder(db, 2, { ...qris(55), by: 'staff' })).rejects.toThrow('audit_log_is_full')
    })
    expect(await findDecidedOrder(db, 1)).toMatchObject({ status: 'paid', version: 1 })
    expect(await findDecidedOrder(db, 2)).toMatchObject({ status: 'awaiting_payment', version: 1 })
    expect([await eventsOf(db, 1), await eventsOf(db, 2)]).toEqual([['order.paid 1'], ['order.placed 1']])
  })
})

describe('an order that was set aside', () => {
  test('is logged once when staff replay it, and not when it is not there', async () => {
    const id = await park()
    await replayParkedOrder(deps, id)
    await expect(replayParkedOrder(deps, id)).rejects.toMatchObject({ type: 'order-not-found' })
    expect(await auditLogOf(db)).toMatchObject([
      { action: 'order.replay', subject_id: id, before: { delayed: true }, after: { delayed: false } },
    ])
  })

  test('is logged once when staff reject it, also when it has to be asked for twice', async () => {
    const id = await park()
    inventory.refuse = () => {
      throw unreachable('inventory')
    }
    await expect(rejectParkedOrder(deps, id)).rejects.toMatchObject({ type: 'neighbor-unavailable' })
    inventory.refuse = () => undefined
    await rejectParkedOrder(deps, id)
    expect(await auditLogOf(db)).toMatchObject([
      {
        action: 'order.reject',
        subject_id: id,
        before: { status: 'queued', delayed: true },
        after: { status: 'rejected', reason: 'rejected-by-staff' },
      },
    ])
  })

  test('is neither replayed nor rejected without its entry', async () => {
    const id = await park()
    await whileAuditLogIsFull(db, async () => {
      await expect(replayParkedOrder(deps, id)).rejects.toThrow('audit_log_is_full')
      await expect(rejectParkedOrder(deps, id)).rejects.toThrow('audit_log_is_full')
    })
    expect((await queue.parked()).map((order) => order.order_id)).toEqual([id])
    expect(await db.selectFrom('orders').select('id').execute()).toEqual([])
    expect(await eventsOf(db, id)).toEqual([])
  })
})
