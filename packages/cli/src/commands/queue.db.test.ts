import { rm } from 'node:fs/promises'
import { openQueue } from '@kakilima/queue/open-queue'
import type { Queue } from '@kakilima/queue/queue'
import { connectRedis, disconnectRedis } from '@kakilima/queue/redis-connection'
import { redisKeys } from '@kakilima/queue/redis-keys'
import { silentLogger } from '@kakilima/testkit/app'
import { auditLogOf } from '@kakilima/testkit/audit-log'
import { cloneDatabase, openTestDatabase } from '@kakilima/testkit/database-per-file'
import { queueEngines } from '@kakilima/testkit/redis-per-file'
import { runCommand, temporaryFolder } from '@kakilima/testkit/shop'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toQueuedBody } from '@kakilima/queue/order-body'

const folder = await temporaryFolder()
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each(queueEngines)('on $engine', async ({ engine, startEngine }) => {
  const { settings } = await startEngine()
  const [orderUrl, inventoryUrl] = [await cloneDatabase('order'), await cloneDatabase('inventory')]
  const order = await openTestDatabase<any>(orderUrl)
  const inventory = await openTestDatabase<any>(inventoryUrl)
  const env = { ORDER_DATABASE_URL: orderUrl, INVENTORY_DATABASE_URL: inventoryUrl, KAKILIMA_DATA: folder, ...settings }
  let queue: Queue

  beforeAll(async () => {
    queue = await openQueue({ db: order, redisUrl: settings.REDIS_URL, name: 'test', logger: silentLogger() })
  })
  afterAll(() => queue.close())

  const run = (...args: string[]) => runCommand(['queue', ...args], env)

  async function park(): Promise<number> {
    const id = await queue.append({
      userId: 7,
      body: toQueuedBody({ lines: [{ product_id: 1, quantity: 2 }] }),
      idempotencyKey: null,
    })
    await queue.park((await queue.take(1))[0]!, 'The inventory service failed')
    return id
  }

  test('says how many wait and since when, and what was set aside', async () => {
    expect(await run('parked')).toEqual({ code: 0, output: 'No order is set aside.\n' })
    expect(await run('status')).toEqual({ code: 0, output: 'waiting    0\nset aside  0\n' })
    const id = await park()
    const waiting = await queue.append({
      userId: 7,
      body: toQueuedBody({ lines: [{ product_id: 1, quantity: 1 }] }),
      idempotencyKey: null,
    })
    const { accepted_at } = (await queue.find(waiting))!
    expect(await run('status')).toEqual({
      code: 0,
      output: `waiting    1, the first since ${accepted_at}\nset aside  1\n`,
    })
    const [{ parked_at } = { parked_at: '' }] = await queue.parked()
    expect((await run('parked')).output).toBe(
      `order ${id} of customer 7 (2 of product 1) since ${parked_at}: The inventory service failed\n`,
    )
    await queue.unpark(id)
    await queue.acknowledge(await queue.take(10))
  })

  test('lets the worker try again, and leaves an entry in the audit log', async () => {
    const id = await park()
    expect(await run('replay', String(id), '999999')).toEqual({
      code: 1,
      output: `Order ${id} will be tried again.\nOrder 999999: Order 999999 is not set aside\n`,
    })
    expect(await auditLogOf(order)).toMatchObject([{ action: 'order.replay', subject_id: id, actor_id: null }])
    const taken = await queue.take(10)
    expect(taken).toMatchObject([{ order_id: id }])
    await queue.park(taken[0]!, 'still not')
    const other = await park()
    expect((await run('replay', '--all')).output).toBe(
      `Order ${id} will be tried again.\nOrder ${other} will be tried again.\n`,
    )
    await queue.acknowledge(await queue.take(10))
  })

  test('rejects for good, and gives back what inventory holds', async () => {
    await sql`
      insert into products (id, name, slug, price, stock, reserved) overriding system value
      values (1, 'Kopi', 'kopi', 1000, 10, 2)`.execute(inventory)
    const id = await park()
    await sql`
      insert into decisions (order_id, state, lines)
      values (${id}, 'reserved', '[{"product_id": 1, "name": "Kopi", "unit_price": 1000, "quantity": 2}]')`.execute(
      inventory,
    )
    expect(await run('reject', String(id))).toEqual({ code: 0, output: `Order ${id} is rejected.\n` })
    expect(await inventory.selectFrom('products').select('reserved').execute()).toEqual([{ reserved: 0 }])
    expect(await order.selectFrom('orders').select(['id', 'status', 'reason']).execute()).toEqual([
      { id, status: 'rejected', reason: 'rejected-by-staff' },
    ])
    expect(await queue.parked()).toEqual([])
  })

  test('the auditor finds an order in it that nobody decides', async () => {
    const addresses = { ...env, PAYMENT_DATABASE_URL: await cloneDatabase('payment') }
    const audit = () => runCommand(['audit', '--settle-seconds', '0'], addresses)
    expect((await audit()).output).toContain('I7  holds')
    const id = await queue.append({
      userId: 7,
      body: toQueuedBody({ lines: [{ product_id: 1, quantity: 2 }] }),
      idempotencyKey: null,
    })
    expect((await audit()).output).toContain('I7  holds')
    await makeOld(id)
    expect((await audit()).output).toContain(`I7: order ${id} has been queued for too long`)
  })

  // An hour cannot be waited for, and an entry of a stream cannot be changed: its stream is written anew.
  async function makeOld(id: number): Promise<void> {
    if (engine === 'PostgreSQL')
      await sql`update new_orders set accepted_at = accepted_at - interval '1 hour' where order_id = ${id}`.execute(
        order,
      )
    else await rewriteStream(settings.REDIS_URL)
  }
})

/** Writes the last entry of the queue's stream anew, as it would have been written an hour ago. */
async function rewriteStream(url = ''): Promise<void> {
  const redis = await connectRedis(url, 'test', silentLogger())
  const [last] = await redis.xrevrange(redisKeys.entries, '+', '-', 'COUNT', 1)
  const at = Number(last![0].split('-')[0]) - 60 * 60 * 1000
  await redis.del(redisKeys.entries)
  await redis.xadd(redisKeys.entries, `${at}-0`, ...last![1])
  await disconnectRedis(redis)
}
