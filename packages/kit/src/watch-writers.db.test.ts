import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type ControlledTransaction, type Kysely, sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { addToOutbox } from './outbox.ts'
import { watchWriters } from './watch-writers.ts'

const db: Kysely<any> = await testDatabase<any>('order', 20)
const begun: ControlledTransaction<any>[] = []
const watch = () => watchWriters(db, { table: 'outbox', sequence: 'outbox_id_seq' })

afterEach(async () => {
  for (const tx of begun.splice(0)) if (!tx.isCommitted && !tx.isRolledBack) await tx.rollback().execute()
})

async function write(tx: Kysely<any> = db): Promise<number> {
  const [id] = await addToOutbox(tx, [{ type: 'order.paid', subject_id: 1, version: 2, data: {} }], false)
  return id!
}

async function begin(): Promise<ControlledTransaction<any>> {
  const tx = await db.startTransaction().execute()
  begun.push(tx)
  return tx
}

test('where nobody writes, all that was drawn is settled', async () => {
  const id = await write()
  expect(await watch().settledUpTo(id)).toBe(id)
})

test('what somebody may still bring is not settled until that one has ended, and later writers hold nothing up', async () => {
  const writers = watch()
  const early = await begin()
  const missing = await write(early)
  const seen = await write()
  expect(await writers.settledUpTo(seen)).toBeLessThan(missing)
  const late = await begin()
  await write(late)
  expect(await writers.settledUpTo(seen)).toBeLessThan(missing)
  await early.commit().execute()
  expect(await writers.settledUpTo(seen)).toBeGreaterThanOrEqual(seen)
})

test('a write that was undone by a savepoint brings nothing any more', async () => {
  const writers = watch()
  const tx = await begin()
  await sql`savepoint before`.execute(tx)
  await write(tx)
  const seen = await write()
  expect(await writers.settledUpTo(seen)).toBeLessThan(seen)
  await sql`rollback to before`.execute(tx)
  expect(await writers.settledUpTo(seen)).toBeGreaterThanOrEqual(seen)
})

test('who asks while another one has begun to watch does not take its writers for ended', async () => {
  const writers = watch()
  for (let round = 0; round < 20; round++) {
    const tx = await begin()
    const missing = await write(tx)
    const seen = await write()
    const answers = await Promise.all([1, 2, 3, 4].map(() => writers.settledUpTo(seen)))
    for (const settled of answers) expect(settled).toBeLessThan(missing)
    await tx.commit().execute()
  }
})

test('a database that was put back to an older copy settles nothing beyond what it has handed out', async () => {
  const writers = watch()
  const id = await write()
  expect(await writers.settledUpTo(id)).toBe(id)
  await sql`delete from outbox where id >= ${id - 1}`.execute(db)
  await sql`select setval('outbox_id_seq', ${id - 2})`.execute(db)
  const tx = await begin()
  const again = await write(tx)
  expect(again).toBe(id - 1)
  expect(await writers.settledUpTo(id)).toBeLessThan(again)
})
