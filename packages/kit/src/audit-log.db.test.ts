import { whileAuditLogIsFull } from '@kakilima/testkit/audit-log'
import { insertProduct } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type Kysely, sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import { addToAuditLog, changeAsStaff } from './audit-log.ts'
import { runInRequest } from './request-context.ts'

const db: Kysely<any> = await testDatabase<any>('inventory', 20)
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)

beforeEach(async () => {
  await sql`truncate audit_log restart identity`.execute(db)
})

const entries = () => db.selectFrom('audit_log').selectAll().orderBy('id').execute()

const update = (id: number, set: Record<string, unknown>) =>
  changeAsStaff(db, { action: 'product.update', table: 'products', id }, (tx) =>
    tx
      .updateTable('products')
      .set({ updated_at: sql`clock_timestamp()`, ...set })
      .where('id', '=', id)
      .returning('name')
      .executeTakeFirst(),
  )

test('what a change touched is kept, with who asked, in which request, and when', async () => {
  const id = await insertProduct(db, { name: 'Teh', price: 5 })
  const answer = await runInRequest({ requestId: 'abc', actorId: 7 }, () =>
    update(id, { price: 6, version: 2, name: 'Teh' }),
  )
  expect(answer).toEqual({ name: 'Teh' })
  expect(await entries()).toEqual([
    {
      id: 1,
      actor_id: 7,
      action: 'product.update',
      subject_type: 'product',
      subject_id: id,
      before: { price: 5, version: 1 },
      after: { price: 6, version: 2 },
      request_id: 'abc',
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    },
  ])
})

test('outside of a request nobody is named', async () => {
  await update(await insertProduct(db), { price: 6 })
  expect(await entries()).toMatchObject([{ actor_id: null, request_id: null }])
})

test('what is new or gone is kept whole, without its secrets', async () => {
  const row = { id: 3, email: 'rina@example.com', password_hash: '$argon2id$', updated_at: '2026-11-22T08:00:00.000Z' }
  await addToAuditLog(db, { action: 'account.create', subject_id: 3, before: null, after: row })
  const [created] = await entries()
  expect(created).toMatchObject({ subject_type: 'account', before: null, after: { id: 3, email: 'rina@example.com' } })
  expect(JSON.stringify(created)).not.toMatch(/argon2id|updated_at/)

  const id = await insertProduct(db, { name: 'Teh', stock: 4 })
  await update(id, { deleted_at: sql`clock_timestamp()` })
  const { before, after } = (await entries())[1]!
  expect(after).toBeNull()
  expect(before).toMatchObject({ id, name: 'Teh', stock: 4, version: 1, deleted_at: null })
})

test('a change that touches nothing, fails or has nothing to change leaves no entry', async () => {
  const id = await insertProduct(db)
  await update(id, {})
  await update(999_999, { price: 6 })
  await expect(update(id, { price: -1 })).rejects.toThrow('products_price_check')
  expect(await entries()).toEqual([])
})

test('without its entry no change stands', async () => {
  const id = await insertProduct(db, { price: 5 })
  await whileAuditLogIsFull(db, async () => {
    await expect(update(id, { price: 6 })).rejects.toThrow('audit_log_is_full')
  })
  expect(await db.selectFrom('products').select('price').where('id', '=', id).execute()).toEqual([{ price: 5 }])
})

test('what is noted as before is what the change found, however many change the same thing at once', async () => {
  const id = await insertProduct(db, { price: 0 })
  await Promise.all(range(30).map(() => update(id, { price: sql`price + 1` })))
  const changes = (await entries()).map(({ before, after }) => [before.price, after.price])
  expect(changes).toEqual(range(30).map((price) => [price - 1, price]))
})
