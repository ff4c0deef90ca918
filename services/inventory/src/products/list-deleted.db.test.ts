import { insertProduct } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { expect, test } from 'vitest'
import type { InventoryTables } from '../database.ts'
import { deleteProduct } from './delete-product.ts'
import { listDeleted } from './list-deleted.ts'

const db = await testDatabase<InventoryTables>('inventory')

test('products that were taken out are listed with the version that they ended with, in pages', async () => {
  const ids: number[] = []
  for (let count = 0; count < 6; count++) ids.push(await insertProduct(db))
  const gone = [ids[1]!, ids[3]!, ids[4]!]
  for (const id of gone) await deleteProduct(db, id)
  const rows = gone.map((id) => ({ id, version: 2 }))
  expect(await listDeleted(db, { limit: 2 })).toEqual({ rows: rows.slice(0, 2), hasMore: true })
  expect(await listDeleted(db, { limit: 2, after: gone[1]! })).toEqual({ rows: rows.slice(2), hasMore: false })
  expect((await listDeleted(db, {})).rows).toEqual(rows)
})
