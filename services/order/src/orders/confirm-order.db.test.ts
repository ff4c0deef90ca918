import { startRelay } from '@kakilima/kit/outbox'
import { silentLogger } from '@kakilima/testkit/app'
import { dueEvents, eventsOf, insertOrder, makeDue } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type FakeInventory, fakeInventory } from '@kakilima/testkit/fake-inventory'
import { type FakePayments, fakePayments, unreachable } from '@kakilima/testkit/fake-neighbors'
import { sql } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { beforeEach, describe, expect, test } from 'vitest'
import type { OrderTables } from '../database.ts'
import { cancelOrder } from './cancel-order.ts'
import { confirmOrder } from './confirm-order.ts'
import { followUp } from './follow-up.ts'
import type { OrderRow } from './order.ts'
import { payOrder } from './pay-order.ts'

const db = await testDatabase<OrderTables>('order', 20)
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)

let inventory: FakeInventory
let payments: FakePayments
let deps: Parameters<typeof confirmOrder>[0]

beforeEach(async () => {
  await sql`truncate orders, outbox`.execute(db)
  inventory = fakeInventory()
  payments = fakePayments(async () => undefined)
  deps = { db, inventory, payments }
})

/** Stores an order whose units inventory holds. */
async function insert(id: number, status: string): Promise<void> {
  await insertOrder(db, id, { status })
  await inventory.decide([{ order_id: id, lines: [{ product_id: 1, quantity: 2 }] }])
  inventory.calls.length = 0
}

async function statusOf(id: number): Promise<string> {
  const { status } = await db.selectFrom('orders').select('status').where('id', '=', id).executeTakeFirstOrThrow()
  return status
}

/** What the service's relay does with what is due, until nothing is. */
async function untilFollowedUp(): Promise<void> {
  const rows = (events: { data: unknown }[]) => events.map((event) => event.data as OrderRow)
  const relay = startRelay({
    db,
    logger: silentLogger(),
    idleMs: 5,
    followUp: (type, events) => followUp(deps, type, rows(events)),
  })
  try {
    await eventually(async () => {
      await makeDue(db)
      expect(await dueEvents(db)).toEqual([])
    })
  } finally {
    await relay.stop()
  }
}

const isAway = (name: string) => () => {
  throw unreachable(name)
}
const isThere = () => undefined

describe('confirming', () => {
  test('takes the units of a paid order from the shelf, and tells each step once', async () => {
    await insert(1, 'paid')
    await confirmOrder(deps, 1)
    expect(await statusOf(1)).toBe('confirmed')
    expect(inventory.decisions.get(1)!.state).toBe('consumed')
    expect(await eventsOf(db, 1)).toEqual(['order.paid 1', 'order.confirming 2', 'order.confirmed 3'])
    expect(await dueEvents(db)).toEqual([])
  })

  test('again answers the same and changes nothing', async () => {
    await insert(1, 'paid')
    await confirmOrder(deps, 1)
    await confirmOrder(deps, 1)
    expect(inventory.calls).toEqual([{ verb: 'consume', ids: [1] }])
    expect(await eventsOf(db, 1)).toHaveLength(3)
  })

  test('fifty times at once has each event once, and is true whenever it is answered', async () => {
    await insert(1, 'paid')
    await Promise.all(
      range(50).map(async () => {
        await confirmOrder(deps, 1)
        expect(await statusOf(1)).toBe('confirmed')
      }),
    )
    expect(await eventsOf(db, 1)).toEqual(['order.paid 1', 'order.confirming 2', 'order.confirmed 3'])
    expect(await dueEvents(db)).toEqual([])
  })

  test.each(['awaiting_payment', 'rejected', 'expired', 'canceled'])(
    'is refused while the order is %s',
    async (status) => {
      await insert(1, status)
      await expect(confirmOrder(deps, 1)).rejects.toMatchObject({
        type: 'order-not-paid',
        status: 409,
        message: 'Order not paid yet',
      })
      expect(await statusOf(1)).toBe(status)
      expect(inventory.calls).toEqual([])
      expect(await eventsOf(db, 1)).toHaveLength(1)
    },
  )

  test('an order that is not there is 404', async () => {
    await expect(confirmOrder(deps, 99)).rejects.toMatchObject({ type: 'order-not-found', message: 'Order not found' })
  })

  test('without inventory leaves it confirming, which cannot be canceled, and the relay finishes it', async () => {
    await insert(1, 'paid')
    inventory.refuse = isAway('inventory')
    await expect(confirmOrder(deps, 1)).rejects.toMatchObject({ type: 'neighbor-unavailable', status: 503 })
    await expect(confirmOrder(deps, 1)).rejects.toMatchObject({ type: 'neighbor-unavailable' })
    expect(await statusOf(1)).toBe('confirming')
    expect(await dueEvents(db)).toEqual(['order.confirming'])
    await expect(cancelOrder(deps, 1, 'staff')).rejects.toMatchObject({ type: 'order-state' })
    inventory.refuse = isThere
    await untilFollowedUp()
    expect(await statusOf(1)).toBe('confirmed')
    expect(await eventsOf(db, 1)).toEqual(['order.paid 1', 'order.confirming 2', 'order.confirmed 3'])
  })

  test('again after inventory came back finishes it without the relay', async () => {
    await insert(1, 'paid')
    inventory.refuse = isAway('inventory')
    await expect(confirmOrder(deps, 1)).rejects.toMatchObject({ status: 503 })
    inventory.refuse = isThere
    await confirmOrder(deps, 1)
    expect(await statusOf(1)).toBe('confirmed')
    await untilFollowedUp()
    expect(await eventsOf(db, 1)).toHaveLength(3)
  })

  test('where the answer of inventory was lost takes the units once', async () => {
    await insert(1, 'paid')
    const { consume } = inventory
    inventory.consume = async (ids) => {
      await consume(ids)
      throw unreachable('inventory')
    }
    await expect(confirmOrder(deps, 1)).rejects.toMatchObject({ status: 503 })
    expect([await statusOf(1), inventory.decisions.get(1)!.state]).toEqual(['confirming', 'consumed'])
    inventory.consume = consume
    await untilFollowedUp()
    expect(await statusOf(1)).toBe('confirmed')
    expect(await eventsOf(db, 1)).toHaveLength(3)
  })

  test('an order whose units inventory does not hold is never confirmed, and holds up no other', async () => {
    for (const id of [1, 2, 3]) await insert(id, 'paid')
    await inventory.release([2])
    inventory.refuse = isAway('inventory')
    for (const id of [1, 2, 3]) await expect(confirmOrder(deps, id)).rejects.toMatchObject({ status: 503 })
    inventory.refuse = isThere
    const confirming = await db.selectFrom('orders').selectAll().execute()
    await expect(followUp(deps, 'order.confirming', confirming)).rejects.toThrow('invariant broken')
    expect([await statusOf(1), await statusOf(2), await statusOf(3)]).toEqual(['confirmed', 'confirming', 'confirmed'])
  })
})

describe('canceling', () => {
  const rules: [string, 'customer' | 'staff', boolean][] = [
    ['awaiting_payment', 'customer', true],
    ['awaiting_payment', 'staff', true],
    ['paid', 'customer', false],
    ['paid', 'staff', true],
    ['rejected', 'staff', false],
    ['expired', 'staff', false],
    ['confirming', 'staff', false],
    ['confirmed', 'staff', false],
    ['confirmed', 'customer', false],
  ]
  test.each(rules)('an order that is %s by %s: %s', async (status, by, isAllowed) => {
    await insert(1, status)
    if (isAllowed) {
      expect(await cancelOrder(deps, 1, by)).toMatchObject({ id: 1, status: 'canceled', version: 2 })
      expect(await eventsOf(db, 1)).toEqual([expect.any(String), 'order.canceled 2'])
      expect(inventory.decisions.get(1)!.state).toBe('released')
      const paid_by_payment_id = status === 'paid' ? 1 : null
      expect(payments.outcomes).toEqual([{ order_id: 1, outcome: 'canceled', paid_by_payment_id }])
    } else {
      await expect(cancelOrder(deps, 1, by)).rejects.toMatchObject({
        type: 'order-state',
        status: 409,
        message: `The order is ${status} and cannot be canceled`,
      })
      expect(await eventsOf(db, 1)).toHaveLength(1)
      expect([inventory.calls, payments.outcomes]).toEqual([[], []])
    }
    expect(await dueEvents(db)).toEqual([])
  })

  test('an order that is not there is 404', async () => {
    await expect(cancelOrder(deps, 99, 'staff')).rejects.toMatchObject({ type: 'order-not-found' })
  })

  test.each(['inventory', 'payment'])('stands while %s is away, and the relay finishes it', async (name) => {
    await insert(1, 'paid')
    const away = name === 'inventory' ? inventory : payments
    away.refuse = isAway(name)
    await expect(cancelOrder(deps, 1, 'staff')).rejects.toMatchObject({ status: 503 })
    expect(await statusOf(1)).toBe('canceled')
    expect(payments.outcomes).toEqual([])
    away.refuse = isThere
    await untilFollowedUp()
    expect(inventory.decisions.get(1)!.state).toBe('released')
    expect(payments.outcomes).toEqual([{ order_id: 1, outcome: 'canceled', paid_by_payment_id: 1 }])
    expect(await eventsOf(db, 1)).toEqual(['order.paid 1', 'order.canceled 2'])
  })

  test('again changes nothing and helps to finish', async () => {
    await insert(1, 'paid')
    inventory.refuse = isAway('inventory')
    await expect(cancelOrder(deps, 1, 'staff')).rejects.toMatchObject({ type: 'neighbor-unavailable' })
    expect(await statusOf(1)).toBe('canceled')
    inventory.refuse = () => undefined
    expect(await cancelOrder(deps, 1, 'staff')).toMatchObject({ status: 'canceled', version: 2 })
    expect(inventory.decisions.get(1)!.state).toBe('released')
    expect(await eventsOf(db, 1)).toHaveLength(2)
  })

  test('twenty times at once happens once', async () => {
    await insert(1, 'awaiting_payment')
    const results = await Promise.allSettled(range(20).map(() => cancelOrder(deps, 1, 'customer')))
    // Each is told the truth; those that were later help to finish, which releases nothing twice.
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(20)
    expect(inventory.calls).toEqual(range(20).map(() => ({ verb: 'release', ids: [1] })))
    expect(await eventsOf(db, 1)).toHaveLength(2)
  })

  test('by the customer and paying at once has one outcome', async () => {
    for (const id of range(40)) {
      await insert(id, 'awaiting_payment')
      const pay = () => payOrder(db, id, { payment_id: id, payment_method: 'CASH' })
      const cancel = () => cancelOrder(deps, id, 'customer').catch((error) => error.type)
      const [paid] =
        id % 2 === 0 ? await Promise.all([pay(), cancel()]) : (await Promise.all([cancel(), pay()])).toReversed()
      const status = await statusOf(id)
      expect(paid).toMatchObject({ status, paid_by_payment_id: status === 'paid' ? id : null })
      expect(inventory.decisions.get(id)!.state).toBe(status === 'paid' ? 'reserved' : 'released')
      expect(await eventsOf(db, id)).toEqual(['order.placed 1', `order.${status} 2`])
    }
  })

  test('by staff and confirming at once leaves units either sold or given back', async () => {
    for (const id of range(40)) {
      await insert(id, 'paid')
      const verbs = [() => confirmOrder(deps, id), () => cancelOrder(deps, id, 'staff')]
      await Promise.allSettled((id % 2 === 0 ? verbs : verbs.toReversed()).map((verb) => verb()))
      const end = `${await statusOf(id)} ${inventory.decisions.get(id)!.state}`
      expect(['confirmed consumed', 'canceled released']).toContain(end)
      expect(await eventsOf(db, id)).toHaveLength(end.startsWith('confirmed') ? 3 : 2)
    }
    expect(await dueEvents(db)).toEqual([])
  })
})

describe('following up', () => {
  test('a paid order tells its payments, when the payment service did not live to see it', async () => {
    await insert(1, 'awaiting_payment')
    await payOrder(db, 1, { payment_id: 55, payment_method: 'CASH' })
    await untilFollowedUp()
    expect(payments.outcomes).toEqual([{ order_id: 1, outcome: 'paid', paid_by_payment_id: 55 }])
    expect(inventory.calls).toEqual([])
  })

  test('what nothing follows from is a fault of ours', async () => {
    await expect(followUp(deps, 'order.placed', [])).rejects.toThrow('nothing follows from order.placed')
  })
})
