import { waitFor } from '@kakilima/testkit/call'
import { startReceiver } from '@kakilima/testkit/event-receiver'
import { type Kysely, sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { runLoad } from '../bench/run-load.ts'
import { signTokens, startShopUnderTest } from '../bench/shop-under-test.ts'

const wanted = 100_000
/** What may be left of tables that only pass things on: the last word on each of 1,000 products, and some. */
const few = 3000

async function count(db: Kysely<any>, table: string, where = sql`true`): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table(table)} where ${where}`.execute(db)
  return rows[0]!.count
}

test('after 100,000 orders nothing is left in the tables that only pass things on', async () => {
  const receiver = await startReceiver()
  onTestFinished(receiver.stop)
  await using shop = await startShopUnderTest({
    EVENTS_KEEP_MINUTES: '0',
    PAYMENT_WINDOW_SECONDS: '2',
    N8N_WEBHOOK_URL: receiver.url,
    N8N_WEBHOOK_SECRET: receiver.secret,
  })
  const { inventory, order, payment, webhook } = shop.databases
  const products = await shop.addProducts(1000, 1_000_000)
  const tokens = signTokens()
  const orderIds: number[] = []
  for (let run = 1; orderIds.length < wanted; run++) {
    const result = await runLoad({
      port: shop.port('gateway'),
      path: '/api/v1/orders',
      connections: 64,
      span: { requests: wanted - orderIds.length },
      tokens,
      products,
      maxLines: 2,
      keyPrefix: `run ${run}`,
    })
    orderIds.push(...result.orderIds)
    // On a slow machine some are told to come again.
    for (const status of Object.keys(result.statuses)) expect(['202', '503']).toContain(status)
  }
  await shop.untilDecided()
  const untilNone = (look: () => Promise<number>) => waitFor(look, (rows) => rows === 0)
  const untilFew = (look: () => Promise<number>) => waitFor(look, (rows) => rows < few)
  await untilNone(() => count(order, 'orders', sql`status = 'awaiting_payment'`))

  for (const db of [inventory, order, payment]) await untilFew(() => count(db, 'outbox'))
  const { rows: trimmed } = await sql<{ type: string; events: number }>`
    select type, events from trimmed_events`.execute(order)
  expect(trimmed.reduce((sum, { events }) => sum + events, 0)).toBeGreaterThan(2 * wanted - few)

  // Keys live for a day: it passes.
  expect(await count(order, 'new_orders')).toBe(orderIds.length)
  await sql`update new_orders set accepted_at = accepted_at - interval '25 hours'`.execute(order)
  await untilFew(() => count(order, 'new_orders'))

  // The receiver was told how the stock ended, and that it was told is kept for an hour.
  await untilNone(() => count(webhook, 'deliveries', sql`state = 'waiting'`))
  const told = await count(webhook, 'deliveries')
  expect(told).toBeGreaterThanOrEqual(products.length)
  await sql`update deliveries set ended_at = ended_at - interval '2 hours'`.execute(webhook)
  for (const table of ['deliveries', 'events']) await untilFew(() => count(webhook, table))

  // Nothing of what counts went with it.
  await shop.requireAll(orderIds)
  await shop.audit()
})
