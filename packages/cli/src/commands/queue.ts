import { openDatabase } from '@kakilima/kit/database'
import { createLogger } from '@kakilima/kit/logger'
import type { InventoryTables } from '@kakilima/inventory/database'
import { release } from '@kakilima/inventory/reservations/settle'
import type { OrderTables } from '@kakilima/order/database'
import { rejectParkedOrder, replayParkedOrder } from '@kakilima/order/intake/parked-orders'
import { leaveRedis, visitQueue } from '@kakilima/queue/open-queue'
import { readQueuedBody } from '@kakilima/queue/order-body'
import type { ParkedOrder, Queue, QueueStatus } from '@kakilima/queue/queue'
import { defineCommand } from 'citty'
import type { Kysely } from 'kysely'
import { readEnvironment, readRedisUrl } from '../config.ts'
import { withDatabaseOf } from '../database-of.ts'
import { sentenceOf } from '../report-failure.ts'
import { loadService } from '../services.ts'

export const details = `
status: how many orders wait for their decision and since when, and how many are set aside.
parked: the orders that could not be decided and were set aside, oldest first, with the reason.
replay: lets the order worker try orders again, once the cause is mended: those you name, or --all.
reject: rejects orders for good, and gives back what inventory may hold for them.
leave-redis: makes PostgreSQL the place of the queue again, once nothing waits in Redis.
Works on the order database itself (that of ORDER_DATABASE_URL, or order_service on the server
DATABASE_URL, or the embedded one) and on the Redis of REDIS_URL, whether the shop runs or not; reject
on the inventory database too.

EXAMPLES
  npx kakilima queue parked
  npx kakilima queue replay 204 205`

type Work = { db: Kysely<OrderTables>; queue: Queue }

export const command = defineCommand({
  meta: { name: 'queue', description: 'See what waits, and bring back or reject what was set aside' },
  args: {
    action: { type: 'positional', required: false, description: 'status, parked, replay, reject or leave-redis' },
    orders: { type: 'positional', required: false, description: 'ids of orders to replay or reject' },
    all: { type: 'boolean', default: false, description: 'All that are set aside' },
  },
  async run({ args }) {
    const [action, ...ids] = args._
    switch (action) {
      case 'status':
        return withQueue(async ({ queue }) => console.log(describeStatus(await queue.status())))
      case 'parked':
        return withQueue(async ({ queue }) => console.log(describeParked(await queue.parked())))
      case 'replay':
        return forEach(readIds(action, ids, args.all), 'will be tried again', ({ queue }, id) =>
          replayParkedOrder({ queue }, id),
        )
      case 'reject':
        return forEach(readIds(action, ids, args.all), 'is rejected', reject)
      case 'leave-redis':
        return withQueue(async ({ db, queue }) => {
          await leaveRedis(db, queue)
          console.log('The queue is in PostgreSQL from now on: start the shop without REDIS_URL.')
        })
      default:
        throw new Error('Say what to do: npx kakilima queue status, parked, replay, reject or leave-redis')
    }
  },
})

/** The ids that were given, or undefined for all. */
function readIds(action: string, given: string[], all: boolean): number[] | undefined {
  if (all && given.length === 0) return undefined
  const ids = given.map(Number)
  if (all || ids.length === 0 || !ids.every((id) => Number.isSafeInteger(id) && id > 0))
    throw new Error(`Name the orders by their ids: npx kakilima queue ${action} 204 205, or --all of them.`)
  return ids
}

/** Does something with each order. One that fails is told of, and the others are seen to all the same. */
async function forEach(
  given: number[] | undefined,
  done: string,
  work: (deps: Work, id: number) => Promise<void>,
): Promise<void> {
  await withQueue(async (deps) => {
    const ids = given ?? (await deps.queue.parked()).map((order) => order.order_id)
    if (ids.length === 0) console.log('No order is set aside.')
    for (const id of ids) {
      try {
        await work(deps, id)
        console.log(`Order ${id} ${done}.`)
      } catch (error) {
        console.error(`Order ${id}: ${sentenceOf(error)}`)
        process.exitCode = 1
      }
    }
  })
}

async function reject({ db, queue }: Work, id: number): Promise<void> {
  await withDatabaseOf(await loadService('inventory'), (url) =>
    withDatabase<InventoryTables>(url, (stock) =>
      rejectParkedOrder({ db, queue, inventory: { release: (ids) => release(stock, ids) } }, id),
    ),
  )
}

async function withQueue(work: (deps: Work) => Promise<void>): Promise<void> {
  const redisUrl = readRedisUrl(readEnvironment())
  await withDatabaseOf(await loadService('order'), (url) =>
    withDatabase<OrderTables>(url, async (db) => {
      const logger = createLogger('queue', 'silent')
      const queue = await visitQueue({ db, redisUrl, name: 'queue', logger })
      try {
        await work({ db, queue })
      } finally {
        await queue.close()
      }
    }),
  )
}

async function withDatabase<Tables>(url: string, work: (db: Kysely<Tables>) => Promise<void>): Promise<void> {
  const db = openDatabase<Tables>(url, {
    poolSize: 2,
    applicationName: 'kakilima queue',
    onIdleError: (error) => console.error(`The connection to the database broke: ${error.message}`),
  })
  try {
    await work(db)
  } finally {
    await db.destroy()
  }
}

function describeStatus({ depth, oldest_accepted_at, parked }: QueueStatus): string {
  const since = oldest_accepted_at === null ? '' : `, the first since ${oldest_accepted_at}`
  return `waiting    ${depth}${since}\nset aside  ${parked}`
}

function describeParked(orders: ParkedOrder[]): string {
  if (orders.length === 0) return 'No order is set aside.'
  return orders
    .map(({ order_id, user_id, body, parked_at, reason }) => {
      const products = readQueuedBody(body)
        .lines.map(({ product_id, quantity }) => `${quantity} of product ${product_id}`)
        .join(', ')
      return `order ${order_id} of customer ${user_id} (${products}) since ${parked_at}: ${reason}`
    })
    .join('\n')
}
