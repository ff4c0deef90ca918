import { runInRequest } from '@kakilima/kit/request-context'
import { createPostgresQueue } from '@kakilima/queue/postgres'
import { silentLogger } from '@kakilima/testkit/app'
import { auditLogOf } from '@kakilima/testkit/audit-log'
import { dueEvents, eventsOf, insertOrder } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type FakeInventory, fakeInventory } from '@kakilima/testkit/fake-inventory'
import { fakePayments, unreachable } from '@kakilima/testkit/fake-neighbors'
import { countDeadlocks } from '@kakilima/testkit/until-blocked'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { OrderTables } from '../database.ts'
import { confirmOrder } from './confirm-order.ts'
import { confirmOrders } from './confirm-orders.ts'
import { toQueuedBody } from '@kakilima/queue/order-body'

const db = await testDatabase<OrderTables>('order', 20)
const queue = createPostgresQueue(db)
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)

let inventory: FakeInventory
let deps: Parameters<typeof confirmOrders>[0]

beforeEach(async () => {
  await sql`truncate orders, outbox, audit_log, new_orders`.execute(db)
  inventory = fakeInventory()
  deps = { db, queue, inventory, payments: fakePayments(async () => undefined), logger: silentLogger() }
})

/** Stores orders whose units inventory holds. */
async function insert(status: string, ...ids: number[]): Promise<void> {
  for (const id of ids) await insertOrder(db, id, { status })
  await inventory.decide(ids.map((order_id) => ({ order_id, lines: [{ product_id: 1, quantity: 2 }] })))
  inventory.calls.length = 0
}

async function outcomes(ids: number[]): Promise<string[]> {
  const results = await confirmOrders(deps, ids)
  expect(results.map((result) => result.order_id)).toEqual(ids)
  return results.map((result) => result.outcome)
}

test('a hundred orders are confirmed by one call of inventory, each with its events and its entry in the audit log', async () => {
  await insert('paid', ...range(100))
  const context = { requestId: 'r1', actorId: 3 }
  const told = await runInRequest(context, () => outcomes(range(100)))
  expect(new Set(told)).toEqual(new Set(['confirmed']))
  expect(inventory.calls).toEqual([{ verb: 'consume', ids: expect.toSatisfy((ids: number[]) => ids.length === 100) }])
  for (const id of range(100))
    expect(await eventsOf(db, id)).toEqual(['order.paid 1', 'order.confirming 2', 'order.confirmed 3'])
  expect(await dueEvents(db)).toEqual([])
  expect(await auditLogOf(db)).toEqual(
    range(100).map((subject_id) => ({
      actor_id: 3,
      action: 'order.confirm',
      subject_type: 'order',
      subject_id,
      before: { status: 'paid', version: 1 },
      after: { status: 'confirming', version: 2 },
      request_id: 'r1',
    })),
  )
})

test('each order is told what became of it, in the order of asking, and none holds up another', async () => {
  await insert('paid', 1, 9)
  await insert('confirmed', 2)
  await insert('confirming', 3)
  for (const [index, status] of ['awaiting_payment', 'expired', 'canceled', 'rejected'].entries())
    await insert(status, 4 + index)
  await sql`select setval('order_ids', 1000)`.execute(db)
  const queued = await queue.append({
    userId: 7,
    body: toQueuedBody({ lines: [{ product_id: 1, quantity: 1 }] }),
    idempotencyKey: null,
  })
  expect(await outcomes([9, 8, 7, 6, 5, 4, 3, 2, 1, queued])).toEqual([
    'confirmed',
    'not-found',
    'not-paid',
    'not-paid',
    'not-paid',
    'not-paid',
    // Somebody else had begun with it, and it was finished.
    'already-confirmed',
    'already-confirmed',
    'confirmed',
    'not-paid',
  ])
  expect(await outcomes([9, 1])).toEqual(['already-confirmed', 'already-confirmed'])
  expect((await auditLogOf(db)).map((entry) => entry.subject_id)).toEqual([1, 9])
})

test('while inventory is away orders stay confirming, are told so, and wait for the relay', async () => {
  await insert('paid', 1, 2)
  inventory.refuse = () => {
    throw unreachable('inventory')
  }
  expect(await outcomes([1, 2])).toEqual(['confirming', 'confirming'])
  expect(await dueEvents(db)).toEqual(['order.confirming', 'order.confirming'])
  expect(await outcomes([1])).toEqual(['confirming'])
  inventory.refuse = () => undefined
  expect(await outcomes([1, 2])).toEqual(['already-confirmed', 'already-confirmed'])
})

test('an order whose units inventory does not hold is left confirming, and the others are confirmed', async () => {
  await insert('paid', 1, 2)
  inventory.decisions.delete(1)
  expect(await outcomes([1, 2])).toEqual(['confirming', 'confirmed'])
})

test('ten who confirm the same orders at once: each order is confirmed by one of them, and all answers are true', async () => {
  const ids = range(60)
  await insert('paid', ...ids)
  const answers = await Promise.all(
    range(10).map(async (n) => {
      const asked = n % 2 === 0 ? ids : ids.toReversed()
      // One of them asks for single orders, as old pages do.
      if (n === 1) await Promise.all(ids.map((id) => confirmOrder(deps, id)))
      const results = await confirmOrders(deps, asked)
      const rows = await db.selectFrom('orders').select('status').execute()
      expect(new Set(rows.map((row) => row.status))).toEqual(new Set(['confirmed']))
      return results
    }),
  )
  for (const id of ids) {
    const told = answers.map((results) => results.find((result) => result.order_id === id)!.outcome)
    expect(told.filter((outcome) => outcome === 'confirmed').length, told.join()).toBeLessThanOrEqual(1)
    expect(new Set(told)).toEqual(new Set([...told.filter((outcome) => outcome === 'confirmed'), 'already-confirmed']))
    expect(await eventsOf(db, id)).toEqual(['order.paid 1', 'order.confirming 2', 'order.confirmed 3'])
  }
  expect((await auditLogOf(db)).map((entry) => entry.subject_id).toSorted((a, b) => a - b)).toEqual(ids)
  expect(await countDeadlocks(db)).toBe(0)
})
