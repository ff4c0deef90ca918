import { insertOrder } from '@kakilima/testkit/builders'
import { type Answer, waitFor } from '@kakilima/testkit/call'
import { openTestDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { type HeldLock, holdLock, lockRows, lockTable } from '@kakilima/testkit/hold-lock'
import { type ProxiedAnswer, startHttpProxy } from '@kakilima/testkit/http-proxy'
import { prepareProcesses } from '@kakilima/testkit/processes'
import type { CommandResult } from '@kakilima/testkit/shop'
import { untilBlocked } from '@kakilima/testkit/until-blocked'
import { beforeAll, describe, expect, test } from 'vitest'

// The services are the real ones, in processes of their own. The test stops one at a point by what it waits for there, a lock in the
// database or the answer of its neighbour, and kills it.
const shop = await prepareProcesses({ PAYMENT_WINDOW_SECONDS: '0' })
const inventory = await startHttpProxy(shop.urls.inventory)
const db = await openTestDatabase<any>(shop.databases.order)
const startOrder = () => shop.start('order', { INVENTORY_URL: inventory.url })

beforeAll(async () => {
  await Promise.all([shop.start('user'), shop.start('inventory'), shop.start('payment'), shop.start('gateway')])
  await startOrder()
})

type Buyer = { id: number; headers: Record<string, string>; productId: number }
type Told = { orderId: number; key: string }

const stock = 7
const quantity = 2
const count = 6
const reservedInTheEnd = 6

/** Somebody who wants more than there is of a product of their own: three of six orders get it, whichever come first. */
async function newBuyer(): Promise<Buyer> {
  const { body: guest } = await waitFor(
    () => shop.api.post('gateway', '/api/v1/auth/guest', { name: 'Sari', phone: '081234567890' }),
    ({ status }) => status === 201,
  )
  const product = await shop.api.post('inventory', '/products', { name: 'Kopi', price: 10_000, stock })
  return { id: guest.user.id, headers: { authorization: `Bearer ${guest.token}` }, productId: product.body.id }
}

const doors = {
  gateway: (buyer: Buyer, key: string) =>
    shop.api.post(
      'gateway',
      '/api/v1/orders',
      { items: [{ product_id: buyer.productId, quantity }] },
      { ...buyer.headers, 'idempotency-key': key },
    ),
  order: (buyer: Buyer, key: string) =>
    shop.api.post(
      'order',
      '/orders',
      { user_id: buyer.id, product_id: buyer.productId, quantity },
      { 'idempotency-key': key },
    ),
}

const keys = Array.from({ length: count }, (_, index) => `attempt ${index}`)

async function placeOrders(buyer: Buyer): Promise<Told[]> {
  return Promise.all(
    keys.map(async (key) => {
      const { status, body } = await doors.gateway(buyer, key)
      expect(status, JSON.stringify(body)).toBe(202)
      return { orderId: body.order_id, key }
    }),
  )
}

/**
 * Waits until the orders are decided. Every one of them is there once, nobody got more than there is, and nothing is left to be done
 * again. Returns what the auditor says then.
 */
async function auditDecided(buyer: Buyer, told: Told[]): Promise<CommandResult> {
  const decided: Answer[] = await Promise.all(
    told.map(({ orderId }) =>
      waitFor(
        () => shop.api.get('gateway', `/api/v1/orders/${orderId}`, buyer.headers),
        ({ status, body }) => {
          expect(status, 'never 404 after the 202').toBe(200)
          return body.status !== 'queued'
        },
      ),
    ),
  )
  const statuses = decided.map(({ body }) => body.status)
  expect(statuses.filter((status) => status === 'awaiting_payment')).toHaveLength(reservedInTheEnd / quantity)
  expect(statuses.filter((status) => status === 'rejected')).toHaveLength(count - reservedInTheEnd / quantity)
  for (const { orderId, key } of told) expect((await doors.gateway(buyer, key)).body.order_id).toBe(orderId)
  const { body: all } = await shop.api.get('order', `/orders?user_id=${buyer.id}`)
  expect(new Set(all.map((order: any) => order.id))).toEqual(new Set(told.map(({ orderId }) => orderId)))
  const { body: product } = await shop.api.get('inventory', `/products/${buyer.productId}`)
  expect(product).toMatchObject({ stock, reserved: reservedInTheEnd })
  await waitFor(cursor, ({ isAtTheEnd }) => isAtTheEnd)
  return shop.audit()
}

const clean = { code: 0, output: expect.stringContaining('I4') }

async function cursor(): Promise<{ isAtTheEnd: boolean }> {
  const { rows } = await sql<{ isAtTheEnd: boolean }>`
    select not exists (select from new_orders where undecided @> position) as "isAtTheEnd" from new_orders_progress`.execute(
    db,
  )
  return rows[0]!
}

/** Does something in place of the next answer to the worker's question. Resolves when that is done. */
function atNextQuestion(act: (ask: () => Promise<ProxiedAnswer>) => Promise<ProxiedAnswer>): Promise<void> {
  const passOn = inventory.handle
  return new Promise((resolve, reject) => {
    inventory.handle = async (path, ask) => {
      if (path !== '/reservations/decisions') return ask()
      inventory.handle = passOn
      const acting = act(ask)
      acting.then(() => resolve(), reject)
      return acting
    }
  })
}

const holdCursor = () => holdLock(db, (tx) => lockRows(tx, 'new_orders_progress'))
const nothing: ProxiedAnswer = { status: 503, text: '{}' }

/** Lets the worker take the orders and stops it when it writes down what became of them. */
async function stopInWrite(queued: HeldLock, told: Told[]): Promise<HeldLock> {
  let write: HeldLock
  const answered = atNextQuestion(async (ask) => {
    const answer = await ask()
    // Whoever adds the same row waits for what becomes of this one.
    write = await holdLock(db, (tx) => insertOrder(tx, told[3]!.orderId))
    return answer
  })
  await queued.release()
  await answered
  await untilBlocked(db)
  return write!
}

/** The same when it notes how far it has come, with the orders written. */
async function stopInAcknowledge(queued: HeldLock, told: Told[]): Promise<HeldLock> {
  let acknowledge: HeldLock
  const answered = atNextQuestion(async (ask) => {
    const answer = await ask()
    acknowledge = await holdCursor()
    return answer
  })
  await queued.release()
  await answered
  await waitFor(
    () => db.selectFrom('orders').select('id').where('id', '=', told[0]!.orderId).execute(),
    (rows) => rows.length === 1,
  )
  await untilBlocked(db)
  return acknowledge!
}

const workerSteps: [point: string, killThere: (queued: HeldLock, told: Told[]) => Promise<void>][] = [
  [
    'before it takes a batch',
    async (queued) => {
      await shop.kill('order')
      await queued.endWaiting()
    },
  ],
  [
    'after it took a batch',
    async (queued) => {
      const asked = atNextQuestion(async () => {
        await shop.kill('order')
        return nothing
      })
      await queued.release()
      await asked
    },
  ],
  [
    'while inventory has not heard its question yet',
    async (queued) => {
      const asked = atNextQuestion(async (ask) => {
        await shop.kill('order')
        return ask()
      })
      await queued.release()
      await asked
    },
  ],
  [
    'after inventory decided',
    async (queued) => {
      const asked = atNextQuestion(async (ask) => {
        const answer = await ask()
        await shop.kill('order')
        return answer
      })
      await queued.release()
      await asked
    },
  ],
  [
    'inside the write of the outcomes, before it commits',
    async (queued, told) => {
      const write = await stopInWrite(queued, told)
      await shop.kill('order')
      await write.endWaiting()
    },
  ],
  [
    'inside the write of the outcomes, which commits behind its back',
    async (queued, told) => {
      const write = await stopInWrite(queued, told)
      await shop.kill('order')
      await write.release()
    },
  ],
  [
    'after the write of the outcomes, before it acknowledges them',
    async (queued, told) => {
      const acknowledge = await stopInAcknowledge(queued, told)
      await shop.kill('order')
      await acknowledge.endWaiting()
    },
  ],
  [
    'while it acknowledges them, which commits behind its back',
    async (queued, told) => {
      const acknowledge = await stopInAcknowledge(queued, told)
      await shop.kill('order')
      await acknowledge.release()
    },
  ],
  [
    'after it acknowledged them',
    async (queued) => {
      await queued.release()
      await waitFor(cursor, ({ isAtTheEnd }) => isAtTheEnd)
      await shop.kill('order')
    },
  ],
]

describe('a worker that is killed', () => {
  test.each(workerSteps)('%s loses no order and doubles none', async (_, killThere) => {
    const buyer = await newBuyer()
    const queued = await holdCursor()
    // It renews its lease before it takes anything.
    await untilBlocked(db)
    const told = await placeOrders(buyer)
    await killThere(queued, told)
    await startOrder()
    expect(await auditDecided(buyer, told)).toEqual(clean)
  })
})

test('an inventory that is killed inside its decision loses no order and doubles none', async () => {
  const buyer = await newBuyer()
  const stockroom = await openTestDatabase<any>(shop.databases.inventory)
  const products = await holdLock(stockroom, (tx) => lockRows(tx, 'products'))
  const told = await placeOrders(buyer)
  await untilBlocked(stockroom)
  await shop.kill('inventory')
  await products.endWaiting()
  await shop.start('inventory')
  expect(await auditDecided(buyer, told)).toEqual(clean)
})

describe.each(['gateway', 'order'] as const)('orders that come to the %s', (name) => {
  async function restart(buyer: Buyer): Promise<void> {
    if (name === 'order') await startOrder()
    else await shop.start('gateway')
    // A gateway takes nobody's word before it knows which sessions have ended.
    await waitFor(
      () => shop.api.get('gateway', '/api/v1/orders', buyer.headers),
      ({ status }) => status === 200,
    )
  }

  /** Sends the orders and kills the service while it writes them. No caller hears of it. */
  async function killInAppend(buyer: Buyer): Promise<HeldLock> {
    const append = await holdLock(db, (tx) => lockTable(tx, 'new_orders'))
    const answers = Promise.allSettled(keys.map((key) => doors[name](buyer, key)))
    await untilBlocked(db)
    await shop.kill(name)
    expect(new Set((await answers).map((answer) => answer.status))).toEqual(new Set(['rejected']))
    return append
  }

  const queuedOf = async (buyer: Buyer): Promise<Told[]> => {
    const rows = await db.selectFrom('new_orders').selectAll().where('user_id', '=', buyer.id).execute()
    return rows.map((row) => ({ orderId: row.order_id, key: row.idempotency_key }))
  }

  test('which is killed before it has written them are not there, and are made once by asking again', async () => {
    const buyer = await newBuyer()
    const append = await killInAppend(buyer)
    await append.endWaiting()
    expect(await queuedOf(buyer)).toEqual([])
    await restart(buyer)
    expect(await auditDecided(buyer, await placeOrders(buyer))).toEqual(clean)
  })

  test('which is killed after it has written them and before it says so are decided, and found by asking again', async () => {
    const buyer = await newBuyer()
    const append = await killInAppend(buyer)
    await append.release()
    // Those that came first; the others were not even being written.
    const written = await waitFor(
      () => queuedOf(buyer),
      (rows) => rows.length > 0,
    )
    await restart(buyer)
    const told = await placeOrders(buyer)
    expect(told).toEqual(expect.arrayContaining(written))
    expect(await auditDecided(buyer, told)).toEqual(clean)
  })
})
