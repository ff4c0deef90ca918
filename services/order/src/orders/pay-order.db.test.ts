import { dueEvents, eventsOf, insertOrder } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { fakeInventory } from '@kakilima/testkit/fake-inventory'
import { fakePayments, unreachable } from '@kakilima/testkit/fake-neighbors'
import { silentLogger } from '@kakilima/testkit/app'
import { untilBlocked } from '@kakilima/testkit/until-blocked'
import { sql } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { beforeEach, describe, expect, test } from 'vitest'
import type { OrderTables } from '../database.ts'
import { expireOrders, startExpirySweeper } from './expire-orders.ts'
import { payOrder } from './pay-order.ts'

const db = await testDatabase<OrderTables>('order', 20)
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)
const qris = (payment_id: number) => ({ payment_id, payment_method: 'QRIS' as const })

beforeEach(async () => {
  await sql`truncate orders, outbox`.execute(db)
})

function neighbors() {
  return { db, inventory: fakeInventory(), payments: fakePayments(async () => undefined) }
}

async function rowOf(id: number) {
  return db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

describe('paying', () => {
  test('makes the order paid by that payment, with one event that has to be followed up', async () => {
    await insertOrder(db, 1, { expiresInMs: 10_000 })
    expect(await payOrder(db, 1, qris(55))).toEqual({
      order_id: 1,
      status: 'paid',
      paid_by_payment_id: 55,
      deadline_passed: false,
    })
    const paid = await rowOf(1)
    expect(paid).toMatchObject({ status: 'paid', paid_by_payment_id: 55, payment_method: 'QRIS', version: 2 })
    expect(paid.paid_at).toBe(paid.updated_at)
    expect(paid.ended_at).toBeNull()
    expect(await eventsOf(db, 1)).toEqual(['order.placed 1', 'order.paid 2'])
    expect(await dueEvents(db)).toEqual(['order.paid'])
  })

  test('again with the same payment gets the same answer and changes nothing', async () => {
    await insertOrder(db, 1)
    const first = await payOrder(db, 1, qris(55))
    expect(await payOrder(db, 1, { payment_id: 55, payment_method: 'CASH' })).toEqual(first)
    expect(await rowOf(1)).toMatchObject({ payment_method: 'QRIS', version: 2 })
    expect(await eventsOf(db, 1)).toEqual(['order.placed 1', 'order.paid 2'])
  })

  test('with a second payment is told who paid, and changes nothing', async () => {
    await insertOrder(db, 1)
    await payOrder(db, 1, qris(55))
    expect(await payOrder(db, 1, qris(56))).toMatchObject({ status: 'paid', paid_by_payment_id: 55 })
    expect(await eventsOf(db, 1)).toEqual(['order.placed 1', 'order.paid 2'])
  })

  test('with fifty payments at once is paid by exactly one of them, and all are told which', async () => {
    await insertOrder(db, 1, { expiresInMs: 60_000 })
    const answers = await Promise.all(range(50).map((payment) => payOrder(db, 1, qris(payment))))
    const { paid_by_payment_id } = await rowOf(1)
    expect(new Set(answers.map((answer) => answer.paid_by_payment_id))).toEqual(new Set([paid_by_payment_id]))
    expect(await eventsOf(db, 1)).toEqual(['order.placed 1', 'order.paid 2'])
  })

  test('after the deadline pays nothing, though the sweeper has not come by yet', async () => {
    await insertOrder(db, 1, { expiresInMs: -1 })
    expect(await payOrder(db, 1, qris(55))).toEqual({
      order_id: 1,
      status: 'awaiting_payment',
      paid_by_payment_id: null,
      deadline_passed: true,
    })
    expect(await eventsOf(db, 1)).toEqual(['order.placed 1'])
  })

  test.each(['rejected', 'expired', 'canceled', 'confirming', 'confirmed'])(
    'pays no order that is %s',
    async (status) => {
      await insertOrder(db, 1, { status, expiresInMs: 60_000 })
      const before = await rowOf(1)
      expect(await payOrder(db, 1, qris(55))).toMatchObject({ status, deadline_passed: false })
      expect(await rowOf(1)).toEqual(before)
      expect(await eventsOf(db, 1)).toEqual([`order.${status} 1`])
    },
  )

  test('an order that is not there is 404', async () => {
    await expect(payOrder(db, 99, qris(55))).rejects.toMatchObject({
      type: 'order-not-found',
      message: 'Order not found',
    })
  })
})

describe('expiring', () => {
  test('takes what is past its deadline and nothing else, and gives stock back before it tells the payments', async () => {
    await insertOrder(db, 1, { expiresInMs: -1000 })
    await insertOrder(db, 2, { expiresInMs: 60_000 })
    await insertOrder(db, 3)
    await insertOrder(db, 4, { expiresInMs: -1000, status: 'paid' })
    await insertOrder(db, 5, { expiresInMs: -1 })
    const deps = neighbors()
    const seen: string[] = []
    deps.inventory.refuse = ({ verb, ids }) => void seen.push(`${verb} ${ids.toSorted((a, b) => a - b).join(' ')}`)
    deps.payments.refuse = () => void seen.push('settle')
    expect(await expireOrders(deps)).toBe(2)
    expect(seen).toEqual(['release 1 5', 'settle'])
    expect(deps.payments.outcomes.toSorted((a, b) => a.order_id - b.order_id)).toEqual([
      { order_id: 1, outcome: 'expired', paid_by_payment_id: null },
      { order_id: 5, outcome: 'expired', paid_by_payment_id: null },
    ])
    const rows = await db.selectFrom('orders').select(['id', 'status', 'version']).orderBy('id').execute()
    expect(rows.map(({ id, status, version }) => [id, status, version])).toEqual([
      [1, 'expired', 2],
      [2, 'awaiting_payment', 1],
      [3, 'awaiting_payment', 1],
      [4, 'paid', 1],
      [5, 'expired', 2],
    ])
    expect(await eventsOf(db, 1)).toEqual(['order.placed 1', 'order.expired 2'])
    expect(await dueEvents(db)).toEqual([])
    expect(await expireOrders(deps)).toBe(0)
  })

  test('looks at due orders only, however many others are open', async () => {
    await insertOrder(db, 1, { expiresInMs: 60_000 })
    await sql`
      insert into orders (id, user_id, status, lines, quantity, total_price, created_at, expires_at)
      select n, user_id, status, lines, quantity, total_price, created_at, expires_at + n * interval '1 millisecond'
      from orders, generate_series(2, 5000) n`.execute(db)
    await sql`update orders set expires_at = clock_timestamp() where id = 7`.execute(db)
    await sql`analyze orders`.execute(db)
    // On one connection: others tell of what they read only after a while.
    await db.connection().execute(async (connection) => {
      const read = async () => {
        await sql`select pg_stat_force_next_flush()`.execute(connection)
        const { rows } = await sql<{ read: number }>`
          select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int8 as read
          from pg_stat_user_tables where relname = 'orders'`.execute(connection)
        return rows[0]!.read
      }
      const before = await read()
      expect(await expireOrders({ ...neighbors(), db: connection })).toBe(1)
      expect((await read()) - before).toBeLessThan(10)
    })
  })

  test('stands when a neighbour is away, and is left to the relay', async () => {
    await insertOrder(db, 1, { expiresInMs: -1 })
    const deps = neighbors()
    deps.payments.refuse = () => {
      throw unreachable('payment')
    }
    await expect(expireOrders(deps)).rejects.toMatchObject({ type: 'neighbor-unavailable' })
    expect(await rowOf(1)).toMatchObject({ status: 'expired' })
    expect(deps.inventory.calls).toEqual([{ verb: 'release', ids: [1] }])
    expect(await dueEvents(db)).toEqual(['order.expired'])
  })

  test('by ten sweepers at once takes each order once', async () => {
    for (const id of range(100)) await insertOrder(db, id, { expiresInMs: -id })
    const sweepers = range(10).map(neighbors)
    const counts = await Promise.all(sweepers.map(expireOrders))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100)
    const released = sweepers.flatMap(({ inventory }) => inventory.calls.flatMap((call) => call.ids))
    expect(released.toSorted((a, b) => a - b)).toEqual(range(100))
    for (const id of range(100)) expect(await eventsOf(db, id)).toEqual(['order.placed 1', 'order.expired 2'])
  })

  test('comes by itself, not before the deadline and soon after it', async () => {
    const deps = neighbors()
    await insertOrder(db, 1, { expiresInMs: 300 })
    const sweeper = startExpirySweeper(deps, silentLogger())
    try {
      await eventually(async () => expect(await rowOf(1)).toMatchObject({ status: 'expired' }))
    } finally {
      await sweeper.stop()
    }
    const { rows } = await sql<{ isEarly: boolean }>`select updated_at < expires_at as "isEarly" from orders`.execute(
      db,
    )
    expect(rows).toEqual([{ isEarly: false }])
  })
})

describe('paying at the deadline', () => {
  test('a payment that waits behind the sweeper finds the order expired', async () => {
    await insertOrder(db, 1, { expiresInMs: 60_000 })
    const sweeper = await db.startTransaction().execute()
    await sql`update orders set status = 'expired', version = 2 where id = 1`.execute(sweeper)
    const paying = payOrder(db, 1, qris(55))
    await untilBlocked(db)
    await sweeper.commit().execute()
    expect(await paying).toMatchObject({ status: 'expired', paid_by_payment_id: null })
  })

  test('a payment that waits past the deadline for somebody else comes too late', async () => {
    await insertOrder(db, 1, { expiresInMs: 60_000 })
    const other = await db.startTransaction().execute()
    await sql`update orders set expires_at = clock_timestamp() - interval '1 second' where id = 1`.execute(other)
    const paying = payOrder(db, 1, qris(55))
    await untilBlocked(db)
    await other.commit().execute()
    expect(await paying).toMatchObject({ status: 'awaiting_payment', deadline_passed: true })
  })

  test('a sweeper that meets an order being paid passes it by', async () => {
    await insertOrder(db, 1, { expiresInMs: -1 })
    const payer = await db.startTransaction().execute()
    await sql`select from orders where id = 1 for update`.execute(payer)
    expect(await expireOrders(neighbors())).toBe(0)
    await payer.rollback().execute()
    expect(await expireOrders(neighbors())).toBe(1)
  })

  test('has exactly one outcome in each of six hundred races', async () => {
    const early = 601
    const late = 602
    await sql`
      insert into orders (id, user_id, status, lines, quantity, total_price, created_at)
      select id, 7, 'awaiting_payment', '[{"product_id": 1, "name": "a", "unit_price": 1, "quantity": 1}]', 1, 1, now()
      from generate_series(1, ${late}::int8) id`.execute(db)
    // Deadlines all over the time that paying them takes, one far behind it and one before.
    await sql`
      update orders set expires_at = clock_timestamp() + case id when ${early} then interval '1 hour'
        when ${late} then interval '-1 second' else (id * 7919 % 600) * interval '1 millisecond' / 2 end`.execute(db)
    const deps = neighbors()
    let isOver = false
    const sweeping = range(2).map(async () => {
      while (!isOver) await expireOrders(deps)
    })
    const answers = await Promise.all(range(late).map((id) => payOrder(db, id, qris(1000 + id))))
    isOver = true
    await Promise.all(sweeping)
    // What came too late and was not swept yet.
    await sql`update orders set expires_at = clock_timestamp() where status = 'awaiting_payment'`.execute(db)
    await expireOrders(deps)

    const rows = await db.selectFrom('orders').selectAll().orderBy('id').execute()
    const expired = rows.filter((row) => row.status === 'expired').map((row) => row.id)
    expect(rows[early - 1]!.status).toBe('paid')
    expect(expired).toContain(late)
    for (const [index, { id, status, paid_by_payment_id, version }] of rows.entries()) {
      expect(['paid', 'expired']).toContain(status)
      expect([paid_by_payment_id, version]).toEqual([status === 'paid' ? 1000 + id : null, 2])
      expect(answers[index]!.status === 'paid').toBe(status === 'paid')
    }
    const { rows: events } = await sql<{ subject_id: number; type: string }>`
      select subject_id, type from outbox order by subject_id`.execute(db)
    expect(events).toEqual(rows.map(({ id, status }) => ({ subject_id: id, type: `order.${status}` })))
    const released = deps.inventory.calls.flatMap((call) => call.ids)
    expect(released.toSorted((a, b) => a - b)).toEqual(expired)
    expect(deps.payments.outcomes.map((outcome) => outcome.order_id).toSorted((a, b) => a - b)).toEqual(expired)
  })
})
