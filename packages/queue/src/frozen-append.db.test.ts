import { testDatabase } from '@kakilima/testkit/database-per-file'
import { emptyQueue } from '@kakilima/testkit/empty-queue'
import { type HeldLock, holdLock } from '@kakilima/testkit/hold-lock'
import { type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPostgresQueue } from './postgres.ts'
import type { Queue } from './queue.ts'
import { toQueuedBody } from './order-body.ts'

const db: Kysely<any> = await testDatabase<any>('order', 20)
const opened: Queue[] = []
const frozen: number[] = []
const lines = [{ product_id: 1, quantity: 1 }]
const slowUser = 8
const ids = (orders: { order_id: number }[]) => orders.map((order) => order.order_id)

// What makes the backend of one customer stop: a lock that the test holds.
await sql
  .raw(
    `create table gate (only_row int);
     create function stop_at_gate() returns trigger language plpgsql as $$
     begin
       if new.user_id = ${slowUser} then lock table gate in share mode; end if;
       return new;
     end $$`,
  )
  .execute(db)

const steps: Record<string, string> = {
  'its position drawn and its row not written':
    'create trigger gate before insert on new_orders for each row execute function stop_at_gate()',
  'its row written and the statement not done':
    'create trigger gate after insert on new_orders for each row execute function stop_at_gate()',
  'the commit begun and not done':
    'create constraint trigger gate after insert on new_orders deferrable initially deferred for each row execute function stop_at_gate()',
}

function open(): Queue {
  const queue = createPostgresQueue(db)
  opened.push(queue)
  return queue
}

beforeEach(() => emptyQueue(db))
afterEach(async () => {
  for (const pid of frozen.splice(0)) process.kill(pid, 'SIGCONT')
  await Promise.all(opened.splice(0).map((queue) => queue.close()))
  await sql`drop trigger if exists gate on new_orders`.execute(db)
})

/** Waits until a backend stands at the gate, and stops its process. */
async function freezeAtGate(): Promise<void> {
  const pid = await vi.waitFor(
    async () => {
      const { rows } = await sql<{ pid: number }>`
        select pid from pg_locks where relation = 'gate'::regclass and not granted`.execute(db)
      expect(rows).toHaveLength(1)
      return rows[0]!.pid
    },
    { timeout: 30_000, interval: 5 },
  )
  process.kill(pid, 'SIGSTOP')
  frozen.push(pid)
}

/** Orders come and are decided for a while, by one worker after the other. */
async function decideOthers(): Promise<void> {
  for (let worker = 0; worker < 3; worker++) {
    const queue = open()
    for (let round = 0; round < 5; round++) {
      const id = await queue.append({ userId: 7, body: toQueuedBody({ lines }), idempotencyKey: null })
      const taken = await queue.take(10)
      expect(ids(taken)).toEqual([id])
      await queue.acknowledge(taken)
      expect((await queue.depth()).depth).toBe(0)
    }
    await queue.close()
  }
}

test.each(Object.keys(steps))('R4 F2 a backend that freezes with %s loses no order and holds none up', async (step) => {
  await sql.raw(steps[step]!).execute(db)
  const gate: HeldLock = await holdLock(db, (tx) => sql`lock table gate in access exclusive mode`.execute(tx))
  const slow = open()
  const accepted = slow.append({ userId: slowUser, body: toQueuedBody({ lines }), idempotencyKey: 'once' })
  await freezeAtGate()
  await gate.release()
  await decideOthers()

  process.kill(frozen.pop()!, 'SIGCONT')
  const id = await accepted
  const queue = open()
  expect((await queue.depth()).depth).toBe(1)
  expect(ids(await queue.waitingOf(slowUser))).toEqual([id])
  expect((await queue.passed()).orderIds).not.toContain(id)
  const late = await queue.take(10)
  expect(ids(late)).toEqual([id])
  await queue.acknowledge(late)
  expect((await queue.passed()).orderIds).toContain(id)
})

test.each(Object.keys(steps))('R4 F1 a backend that is ended with %s leaves nothing that waits', async (step) => {
  await sql.raw(steps[step]!).execute(db)
  const gate = await holdLock(db, (tx) => sql`lock table gate in access exclusive mode`.execute(tx))
  const slow = open()
  const appending = Promise.allSettled([
    slow.append({ userId: slowUser, body: toQueuedBody({ lines }), idempotencyKey: 'once' }),
  ])
  await freezeAtGate()
  process.kill(frozen.pop()!, 'SIGCONT')
  await gate.endWaiting()
  expect(await appending).toMatchObject([{ status: 'rejected' }])
  await decideOthers()
  expect(await open().depth()).toMatchObject({ depth: 0 })
})
