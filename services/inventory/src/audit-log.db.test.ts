import { auditLogOf, whileAuditLogIsFull } from '@kakilima/testkit/audit-log'
import { eventsOf, insertProduct } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { InventoryTables } from './database.ts'
import { changeProduct } from './products/change-product.ts'
import { createProduct } from './products/create-product.ts'
import { deleteProduct } from './products/delete-product.ts'
import { findProduct } from './products/find-product.ts'
import { decideBatch } from './reservations/decide-batch.ts'
import { consume, release } from './reservations/settle.ts'
import { adjustStock } from './stock/adjust-stock.ts'

const db = await testDatabase<InventoryTables>('inventory')

beforeEach(async () => {
  await sql`truncate audit_log`.execute(db)
})

test("a product's life is logged, each change with what it touched", async () => {
  const { id } = await createProduct(db, { name: ' Kopi ', price: 18_000, stock: 7 })
  await changeProduct(db, id, { name: 'Kopi hitam', price: 18_000, stock: 9 })
  await adjustStock(db, id, { quantity: -4 })
  await deleteProduct(db, id)
  const log = await auditLogOf(db)
  expect(log).toMatchObject([
    { action: 'product.create', before: null, after: { id, name: 'Kopi', price: 18_000, stock: 7, version: 1 } },
    {
      action: 'product.update',
      before: { name: 'Kopi', stock: 7, version: 1 },
      after: { name: 'Kopi hitam', stock: 9, version: 2 },
    },
    { action: 'product.adjust_stock', before: { stock: 9, version: 2 }, after: { stock: 5, version: 3 } },
    { action: 'product.delete', before: { id, name: 'Kopi hitam', stock: 5, version: 3 }, after: null },
  ])
  expect(Object.keys(log[1]!.after).toSorted()).toEqual(['name', 'stock', 'version'])
  for (const { subject_type, subject_id } of log) expect([subject_type, subject_id]).toEqual(['product', id])
})

test('what is refused is not logged, and neither is what the worker does', async () => {
  const id = await insertProduct(db, { stock: 10 })
  const line = (order_id: number) => ({ order_id, lines: [{ product_id: id, quantity: 3 }] })
  await decideBatch(db, [line(1), line(2)])
  await release(db, [1])
  await expect(changeProduct(db, id, { stock: 2 })).rejects.toMatchObject({ type: 'insufficient-stock' })
  await expect(adjustStock(db, id, { quantity: -8 })).rejects.toMatchObject({ type: 'insufficient-stock' })
  await expect(deleteProduct(db, id)).rejects.toMatchObject({ type: 'product-in-open-orders' })
  await consume(db, [2])
  await expect(changeProduct(db, 999_999, { stock: 2 })).rejects.toMatchObject({ type: 'product-not-found' })
  expect(await auditLogOf(db)).toEqual([])
})

test('no change stands without its entry', async () => {
  const id = await insertProduct(db, { name: 'Teh', stock: 5 })
  const before = await findProduct(db, id)
  await whileAuditLogIsFull(db, async () => {
    const changes = [
      () => createProduct(db, { name: 'Susu', price: 1, stock: 1 }),
      () => changeProduct(db, id, { stock: 2 }),
      () => adjustStock(db, id, { quantity: 2 }),
      () => deleteProduct(db, id),
    ]
    for (const change of changes) await expect(change()).rejects.toThrow('audit_log_is_full')
  })
  expect(await findProduct(db, id)).toEqual(before)
  expect(await db.selectFrom('products').select('id').where('name', '=', 'Susu').execute()).toEqual([])
  expect(await eventsOf(db, id)).toEqual([])
  const movements = await db.selectFrom('stock_movements').select('reason').where('product_id', '=', id).execute()
  expect(movements).toEqual([{ reason: 'initial' }])
})
