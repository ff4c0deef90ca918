import { problem } from '@kakilima/contracts/problems'
import { startRelay } from '@kakilima/kit/outbox'
import { silentLogger } from '@kakilima/testkit/app'
import { dueEvents, eventsOf, makeDue } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { unreachable } from '@kakilima/testkit/fake-neighbors'
import { type FakeOrders, fakeOrders } from '@kakilima/testkit/fake-orders'
import { sql } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { beforeEach, describe, expect, test } from 'vitest'
import type { PaymentTables } from '../database.ts'
import { followUp } from '../follow-up.ts'
import { providers } from '../providers/providers.ts'
import { confirmPayment } from './confirm-payment.ts'
import { openPayment, type OpenPaymentDeps } from './open-payment.ts'

const db = await testDatabase<PaymentTables>('payment', 20)
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)
const isThere = () => undefined
const isAway = () => {
  throw unreachable('order')
}

let orders: FakeOrders
let deps: OpenPaymentDeps

beforeEach(async () => {
  await sql`truncate payments, outbox restart identity`.execute(db)
  orders = fakeOrders()
  orders.add(1)
  deps = { db, orders, provider: providers.simulator }
})

async function rows() {
  return db.selectFrom('payments').selectAll().orderBy('id').execute()
}

async function states(): Promise<string[]> {
  return (await rows()).map((row) => `${row.payment_method} ${row.state}`)
}

async function untilFollowedUp(): Promise<void> {
  const logger = silentLogger()
  const relay = startRelay({ db, logger, idleMs: 5, followUp: (type, events) => followUp(deps, type, events) })
  try {
    await eventually(async () => {
      await makeDue(db)
      expect(await dueEvents(db)).toEqual([])
    })
  } finally {
    await relay.stop()
  }
}

describe('opening', () => {
  test('stores a payment of the order’s total, with what the payer needs', async () => {
    const { payment, isNew } = await openPayment(deps, 1, 'QRIS')
    expect(isNew).toBe(true)
    expect(payment).toMatchObject({
      order_id: 1,
      user_id: 7,
      amount: 5000,
      payment_method: 'QRIS',
      state: 'open',
      provider: 'simulator',
      reference: 'SIM-QRIS-1-5000',
      completed_at: null,
      expires_at: '2030-01-01T00:00:00.000Z',
      version: 1,
    })
    expect(await rows()).toEqual([payment])
    expect(await eventsOf(db, payment.id)).toEqual(['payment.opened 1'])
    expect(await dueEvents(db)).toEqual([])
  })

  test('again with the same method returns the open one', async () => {
    const first = await openPayment(deps, 1, 'QRIS')
    expect(await openPayment(deps, 1, 'QRIS')).toEqual({ payment: first.payment, isNew: false })
    expect(await rows()).toHaveLength(1)
    expect(await eventsOf(db, first.payment.id)).toEqual(['payment.opened 1'])
  })

  test('fifty times at once stores one payment, and all get it', async () => {
    const answers = await Promise.all(range(50).map(() => openPayment(deps, 1, 'CASH')))
    expect(await rows()).toHaveLength(1)
    expect(new Set(answers.map((answer) => answer.payment.id)).size).toBe(1)
    expect(answers.filter((answer) => answer.isNew)).toHaveLength(1)
    expect(await eventsOf(db, answers[0]!.payment.id)).toEqual(['payment.opened 1'])
    expect(await dueEvents(db)).toEqual([])
  })

  test('with another method is another payment, and all of the order end with its latest deadline', async () => {
    await openPayment(deps, 1, 'CASH')
    orders.orders.get(1)!.expires_at = '2031-01-01T00:00:00.000Z'
    await openPayment(deps, 1, 'QRIS')
    expect((await rows()).map((row) => [row.payment_method, row.expires_at])).toEqual([
      ['CASH', '2031-01-01T00:00:00.000Z'],
      ['QRIS', '2031-01-01T00:00:00.000Z'],
    ])
    orders.orders.get(1)!.expires_at = null
    await openPayment(deps, 1, 'CASH')
    expect((await rows()).map((row) => row.expires_at)).toEqual([null, null])
  })

  test.each([
    ['paid', 'payment-exists', 'Payment for this order already exists'],
    ['expired', 'payment-expired', 'Payment expired'],
    ['canceled', 'order-state', 'The order is canceled and cannot be paid'],
  ] as const)('for an order that is %s stores nothing', async (status, type, message) => {
    orders.add(2, { status })
    await expect(openPayment(deps, 2, 'CASH')).rejects.toMatchObject({ type, message, status: 409 })
    await expect(openPayment(deps, 99, 'CASH')).rejects.toMatchObject({ type: 'order-not-found' })
    expect(await rows()).toEqual([])
  })

  test('with a method that the provider does not take is refused before the order is asked', async () => {
    orders.refuse = () => expect.unreachable()
    const manual = { ...deps, provider: providers.manual }
    await expect(openPayment(manual, 1, 'QRIS')).rejects.toMatchObject({
      type: 'invalid-input',
      status: 422,
      message: 'This shop does not take QRIS: it takes CASH, BANK_TRANSFER',
    })
    expect(await rows()).toEqual([])
  })

  test('by hand names the order on the transfer', async () => {
    const { payment } = await openPayment({ ...deps, provider: providers.manual }, 1, 'BANK_TRANSFER')
    expect(payment).toMatchObject({ provider: 'manual', reference: 'ORDER-1' })
  })

  test('while the order service is away stores nothing', async () => {
    orders.refuse = isAway
    await expect(openPayment(deps, 1, 'CASH')).rejects.toMatchObject({ type: 'neighbor-unavailable' })
    expect(await rows()).toEqual([])
  })

  test('where the provider fails stores nothing', async () => {
    const start = async () => {
      throw problem('neighbor-failed', 'The bank failed')
    }
    const provider = { ...providers.simulator, start }
    await expect(openPayment({ ...deps, provider }, 1, 'CASH')).rejects.toMatchObject({ message: 'The bank failed' })
    expect(await rows()).toEqual([])
  })

  test.each([
    ['expired', 'expired'],
    ['canceled', 'voided'],
  ] as const)('a payment whose order is %s while it is being stored does not stay open', async (status, state) => {
    const { choosePaymentMethod } = orders
    orders.choosePaymentMethod = async (id, method, by) => {
      const order = await choosePaymentMethod(id, method, by)
      orders.orders.get(id)!.status = status
      return order
    }
    const { payment } = await openPayment(deps, 1, 'CASH')
    expect(payment.state).toBe(state)
    expect(await eventsOf(db, payment.id)).toEqual(['payment.opened 1', `payment.${state} 2`])
  })

  test('a payment whose order could not be looked at again is looked after by the relay', async () => {
    const { get } = orders
    orders.get = async () => isAway()
    await expect(openPayment(deps, 1, 'CASH')).rejects.toMatchObject({ type: 'neighbor-unavailable' })
    expect(await states()).toEqual(['CASH open'])
    expect(await dueEvents(db)).toEqual(['payment.opened'])
    orders.get = get
    orders.orders.get(1)!.status = 'expired'
    await untilFollowedUp()
    expect(await states()).toEqual(['CASH expired'])
  })

  test('anew is possible once the earlier payment of the same method has ended', async () => {
    const { payment } = await openPayment(deps, 1, 'CASH')
    await db.updateTable('payments').set({ state: 'voided' }).where('id', '=', payment.id).execute()
    expect(await openPayment(deps, 1, 'CASH')).toMatchObject({ isNew: true, payment: { id: payment.id + 1 } })
  })
})

describe('confirming', () => {
  test('completes the payment once the order has said yes', async () => {
    const { payment } = await openPayment(deps, 1, 'CASH')
    const confirmed = await confirmPayment(deps, payment.id)
    expect(confirmed).toMatchObject({
      id: payment.id,
      state: 'completed',
      completed_at: expect.any(String),
      version: 2,
    })
    expect(orders.orders.get(1)).toMatchObject({ status: 'paid', paid_by_payment_id: payment.id })
    expect(await eventsOf(db, payment.id)).toEqual(['payment.opened 1', 'payment.completed 2'])
  })

  test('fifty times at once and once more answers the same payment and pays once', async () => {
    const { payment } = await openPayment(deps, 1, 'CASH')
    const answers = await Promise.all(range(50).map(() => confirmPayment(deps, payment.id)))
    answers.push(await confirmPayment(deps, payment.id))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]!.state).toBe('completed')
    expect(await eventsOf(db, payment.id)).toEqual(['payment.opened 1', 'payment.completed 2'])
  })

  test('two payments of one order at once completes exactly one, and voids the other', async () => {
    for (const id of range(20)) {
      orders.add(id)
      const methods = ['CASH', 'QRIS'] as const
      const opened = await Promise.all(methods.map((method) => openPayment(deps, id, method)))
      const answers = await Promise.allSettled(opened.map(({ payment }) => confirmPayment(deps, payment.id)))
      const winner = answers.findIndex((answer) => answer.status === 'fulfilled')
      expect(answers[1 - winner]).toMatchObject({
        reason: { type: 'payment-exists', message: 'Payment for this order already exists' },
      })
      expect(orders.orders.get(id)!.paid_by_payment_id).toBe(opened[winner]!.payment.id)
      expect(await eventsOf(db, opened[winner]!.payment.id)).toEqual(['payment.opened 1', 'payment.completed 2'])
      expect(await eventsOf(db, opened[1 - winner]!.payment.id)).toEqual(['payment.opened 1', 'payment.voided 2'])
    }
  })

  test.each([
    ['late, before the sweeper has come by', { isLate: true }],
    ['expired', { status: 'expired' as const }],
  ])('a payment whose order is %s says that it expired, and no money has moved', async (_, change) => {
    const { payment } = await openPayment(deps, 1, 'CASH')
    Object.assign(orders.orders.get(1)!, change)
    const refusal = { type: 'payment-expired', status: 409, message: 'Payment expired' }
    await expect(confirmPayment(deps, payment.id)).rejects.toMatchObject(refusal)
    await expect(confirmPayment(deps, payment.id)).rejects.toMatchObject(refusal)
    expect(await rows()).toMatchObject([{ state: 'expired', completed_at: null }])
    expect(await eventsOf(db, payment.id)).toEqual(['payment.opened 1', 'payment.expired 2'])
  })

  test('a payment whose order was canceled is refused, and voided', async () => {
    const { payment } = await openPayment(deps, 1, 'CASH')
    orders.orders.get(1)!.status = 'canceled'
    await expect(confirmPayment(deps, payment.id)).rejects.toMatchObject({ status: 409 })
    expect(await states()).toEqual(['CASH voided'])
  })

  test.each(['refund_due', 'refunded'])('a payment that is %s is refused', async (state) => {
    const { payment } = await openPayment(deps, 1, 'CASH')
    await sql`
      update payments set state = ${state}, reason = 'x', refund_reference = 'y', completed_at = now()`.execute(db)
    await expect(confirmPayment(deps, payment.id)).rejects.toMatchObject({
      type: 'payment-state',
      message: `The payment is ${state} and cannot be confirmed`,
    })
  })

  test('a payment that is not there is 404', async () => {
    await expect(confirmPayment(deps, 99)).rejects.toMatchObject({
      type: 'payment-not-found',
      message: 'Payment not found',
    })
  })

  test('while the order service is away leaves it open, and confirming again completes it', async () => {
    const { payment } = await openPayment(deps, 1, 'CASH')
    orders.refuse = isAway
    await expect(confirmPayment(deps, payment.id)).rejects.toMatchObject({ type: 'neighbor-unavailable' })
    expect(await states()).toEqual(['CASH open'])
    orders.refuse = isThere
    expect(await confirmPayment(deps, payment.id)).toMatchObject({ state: 'completed' })
  })

  test('where the answer of the order was lost pays once', async () => {
    const { payment } = await openPayment(deps, 1, 'CASH')
    const { pay } = orders
    orders.pay = async (...request) => {
      await pay(...request)
      throw unreachable('order')
    }
    await expect(confirmPayment(deps, payment.id)).rejects.toMatchObject({ type: 'neighbor-unavailable' })
    orders.pay = pay
    expect(await confirmPayment(deps, payment.id)).toMatchObject({ state: 'completed', version: 2 })
  })

  test('on the word of a payer is believed by the simulator alone; staff confirm cash and transfers', async () => {
    const { payment: qris } = await openPayment(deps, 1, 'QRIS')
    const { payment: cash } = await openPayment(deps, 1, 'CASH')
    const manual = { ...deps, provider: providers.manual }
    await expect(confirmPayment(manual, qris.id)).rejects.toMatchObject({ type: 'payment-state', status: 409 })
    expect(orders.orders.get(1)!.status).toBe('awaiting_payment')
    expect(await confirmPayment(manual, cash.id)).toMatchObject({ state: 'completed' })
  })
})
