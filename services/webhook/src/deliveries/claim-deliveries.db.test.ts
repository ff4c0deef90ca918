import type { EventType } from '@kakilima/contracts/events'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { WebhookTables } from '../database.ts'
import { storeEvents } from '../events/store-events.ts'
import { claimDeliveries, type ClaimedDelivery, nextDueMs } from './claim-deliveries.ts'
import type { Outcome } from './delivery.ts'
import { recordOutcome } from './record-outcome.ts'

const db = await testDatabase<WebhookTables>('webhook', 20)
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)
let lastId = 0
let subscription: number

beforeEach(async () => {
  await sql`truncate subscriptions, events, deliveries restart identity cascade`.execute(db)
  lastId = 0
  subscription = await subscribe()
})

async function subscribe(): Promise<number> {
  const values = { url: 'https://example.com/', secret: 'whsec_c2VjcmV0', event_types: ['*'] }
  return (await db.insertInto('subscriptions').values(values).returning('id').executeTakeFirstOrThrow()).id
}

async function happen(type: EventType, ...subjects: number[]): Promise<void> {
  const events = subjects.map((subject_id) => {
    const id = ++lastId
    return { id, type, subject_id, version: id, occurred_at: '2026-11-22T08:00:00.000Z', data: { id: subject_id } }
  })
  await db.transaction().execute((tx) => storeEvents(tx, 'inventory', events))
}

const answered = (verdict: Outcome['verdict'], more: Partial<Outcome> = {}): Outcome => ({
  verdict,
  request: { method: 'POST', url: 'https://example.com/', headers: {}, body: null },
  status: verdict === 'delivered' ? 200 : 500,
  body: 'said',
  error: verdict === 'delivered' ? null : 'it failed',
  retryAfterMs: null,
  ...more,
})

const claim = (most = 8, leaseMs = 10_000) => claimDeliveries(db, subscription, most, leaseMs)
const record = (delivery: ClaimedDelivery, outcome: Outcome, retryHours = 72) =>
  recordOutcome(db, { ...delivery, subscriptionId: subscription }, outcome, 12.4, retryHours)
const idsOf = (claimed: ClaimedDelivery[]) => claimed.map(({ event_id }) => event_id).toSorted()

async function stateOf(eventId: string) {
  return db.selectFrom('deliveries').selectAll().where('event_id', '=', eventId).executeTakeFirstOrThrow()
}

const makeDue = () => sql`update deliveries set due_at = clock_timestamp() where state = 'waiting'`.execute(db)

test('a delivery comes with all that it takes to make it', async () => {
  await happen('product.updated', 5)
  expect(await claim()).toEqual([
    {
      id: 1,
      claim: expect.any(String),
      attempts: 1,
      event_id: 'inventory-1',
      event_type: 'product.updated',
      subject: 'product:5',
      version: 1,
      occurred_at: '2026-11-22T08:00:00.000Z',
      data: { id: 5 },
      kind: 'webhook',
      name: null,
      url: 'https://example.com/',
      secrets: ['whsec_c2VjcmV0'],
    },
  ])
})

test('of one subject an event is taken when the earlier ones are done, and other subjects go on meanwhile', async () => {
  await happen('product.updated', 5, 5, 6, 5, 7)
  const [first, ...others] = (await claim()).toSorted((one, other) => one.id - other.id)
  expect(idsOf([first!, ...others])).toEqual(['inventory-1', 'inventory-3', 'inventory-5'])
  expect(await claim()).toEqual([])
  await record(first!, answered('failed'))
  for (const other of others) await record(other, answered('delivered'))
  expect(await claim()).toEqual([])
  await makeDue()
  const [again] = await claim()
  expect(again).toMatchObject({ event_id: 'inventory-1', attempts: 2 })
  await record(again!, answered('delivered'))
  expect(idsOf(await claim())).toEqual(['inventory-2'])
})

test('what waits behind one that failed is not looked at before that is tried again, and then at once', async () => {
  await happen('product.updated', 5, 5)
  await record((await claim())[0]!, answered('failed', { retryAfterMs: 600_000 }))
  await happen('product.updated', 5)
  expect(await nextDueMs(db, subscription)).toBeGreaterThan(590_000)
  await sql`update deliveries set due_at = clock_timestamp() where event_id = 'inventory-1'`.execute(db)
  for (const event of ['inventory-1', 'inventory-2', 'inventory-3']) {
    const claimed = await claim()
    expect(idsOf(claimed)).toEqual([event])
    await record(claimed[0]!, answered('delivered'))
  }
})

test('what is parked holds nobody up', async () => {
  await happen('product.updated', 5, 5)
  await record((await claim())[0]!, answered('failed'), 0)
  expect(await stateOf('inventory-1')).toMatchObject({ state: 'parked', error: 'it failed', claim: null })
  expect(idsOf(await claim())).toEqual(['inventory-2'])
})

test('many processes at once take each delivery once, and each subject in its order', async () => {
  await happen('product.updated', ...range(40), ...range(40), ...range(40))
  const made: ClaimedDelivery[] = []
  const underWay = new Set<string>()
  await Promise.all(
    range(10).map(async () => {
      for (;;) {
        const claimed = await claim(3)
        if (claimed.length === 0 && made.length + underWay.size >= 120) return
        for (const { subject } of claimed) {
          expect(underWay.has(subject)).toBe(false)
          underWay.add(subject)
        }
        await Promise.all(
          claimed.map(async (delivery) => {
            made.push(delivery)
            // No longer under way from the moment when the next of its subject may be taken.
            underWay.delete(delivery.subject)
            await record(delivery, answered('delivered'))
          }),
        )
        if (made.length === 120) return
      }
    }),
  )
  expect(new Set(made.map(({ event_id }) => event_id)).size).toBe(120)
  for (const subject of new Set(made.map((delivery) => delivery.subject))) {
    const ids = made.filter((delivery) => delivery.subject === subject).map(({ id }) => id)
    expect(ids).toEqual(ids.toSorted((one, other) => one - other))
  }
})

test('what a killed process had taken is taken over when its lease has passed', async () => {
  await happen('product.updated', 5)
  const [lost] = await claim(8, 10_000)
  expect(await claim()).toEqual([])
  await makeDue()
  const [taken] = await claim()
  expect(taken).toMatchObject({ event_id: 'inventory-1', attempts: 2 })
  // It was not dead but slow. That it failed is not the last word; that it arrived is.
  await record(lost!, answered('failed'), 0)
  expect((await stateOf('inventory-1')).state).toBe('waiting')
  await record(lost!, answered('delivered'))
  expect((await stateOf('inventory-1')).state).toBe('delivered')
  await record(taken!, answered('failed'))
  expect((await stateOf('inventory-1')).state).toBe('delivered')
})

test('how a try ended is kept, with what was sent and answered', async () => {
  await happen('product.updated', 5)
  const [first] = await claim()
  await record(first!, answered('failed', { status: 503, retryAfterMs: 7200_000 }))
  const failed = await stateOf('inventory-1')
  expect(failed).toMatchObject({
    state: 'waiting',
    attempts: 1,
    claim: null,
    duration_ms: 12,
    response_status: 503,
    response_body: 'said',
    error: 'it failed',
    request: { method: 'POST', url: 'https://example.com/', headers: {}, body: null },
    ended_at: null,
  })
  const waits = Date.parse(failed.due_at) - Date.parse(failed.answered_at!)
  expect(waits).toBeGreaterThan(7_199_000)
  expect(waits).toBeLessThan(7_201_000)
  await makeDue()
  await record((await claim())[0]!, answered('delivered'))
  expect(await stateOf('inventory-1')).toMatchObject({
    state: 'delivered',
    attempts: 2,
    response_status: 200,
    error: null,
  })
  const { last_success_at, last_failure_at } = await db
    .selectFrom('subscriptions')
    .selectAll()
    .executeTakeFirstOrThrow()
  expect([last_success_at, last_failure_at]).toEqual([expect.any(String), expect.any(String)])
})

test('a try that fails is given up once it has been tried for three days, and not before', async () => {
  await happen('product.updated', 5)
  const sinceHours = async (hours: number) => {
    await sql`update deliveries set queued_at = clock_timestamp() - ${hours} * interval '1 hour', due_at = clock_timestamp()`.execute(
      db,
    )
    await record((await claim())[0]!, answered('failed'))
    return (await stateOf('inventory-1')).state
  }
  expect(await sinceHours(71)).toBe('waiting')
  expect(await sinceHours(73)).toBe('parked')
})

test('a receiver that answers 410 is sent nothing more, and staff can see why', async () => {
  await happen('product.updated', 5, 6)
  const [first] = await claim(1)
  await record(first!, answered('gone', { status: 410, error: 'The receiver answered 410' }))
  expect((await stateOf(first!.event_id)).state).toBe('parked')
  expect(await claim()).toEqual([])
  expect(await db.selectFrom('subscriptions').selectAll().executeTakeFirst()).toMatchObject({
    is_active: false,
    inactive_reason: 'The receiver answered 410',
    version: 2,
  })
})

test('a try that our own end cuts short counts for nothing', async () => {
  await happen('product.updated', 5)
  await record((await claim())[0]!, answered('interrupted'))
  expect(await claim()).toMatchObject([{ event_id: 'inventory-1', attempts: 1 }])
})

test('the stock of a product is told again a while after the answer to the last, whatever the answer was', async () => {
  await happen('stock.changed', 5)
  await record((await claim())[0]!, answered('delivered'))
  await happen('stock.changed', 5)
  await happen('stock.changed', 6)
  expect(idsOf(await claim())).toEqual(['inventory-3'])
  expect(await nextDueMs(db, subscription)).toBeLessThan(0)
  await sql`update deliveries set answered_at = answered_at - interval '250 milliseconds'`.execute(db)
  expect(idsOf(await claim())).toEqual(['inventory-2'])
})

test('subscriptions have nothing to do with each other', async () => {
  const other = await subscribe()
  await happen('product.updated', 5)
  expect(idsOf(await claim())).toEqual(['inventory-1'])
  expect(idsOf(await claimDeliveries(db, other, 8, 10_000))).toEqual(['inventory-1'])
  await db.updateTable('subscriptions').set({ is_active: false }).execute()
  await makeDue()
  expect(await claim()).toEqual([])
})

test('a new secret signs together with the former one until its time is over', async () => {
  await happen('product.updated', 5)
  const until = (hours: number) =>
    sql`update subscriptions set secret = 'whsec_bmV3', previous_secret = 'whsec_b2xk',
      previous_secret_until = clock_timestamp() + ${hours} * interval '1 hour'`.execute(db)
  await until(1)
  expect((await claim())[0]!.secrets).toEqual(['whsec_bmV3', 'whsec_b2xk'])
  await makeDue()
  await until(-1)
  expect((await claim())[0]!.secrets).toEqual(['whsec_bmV3'])
})
