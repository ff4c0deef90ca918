import type { LedgerMovement, StockMovementQuery } from '@kakilima/contracts/stock-movements'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'

const defaultLimit = 100

/**
 * A page of the ledger, newest first. Of one product, whatever the reason, each movement comes with the stock after it: counted back from
 * the stock of this moment, since a product's movements have ids in the order in which they were made.
 */
export async function listMovements(
  db: Db<InventoryTables>,
  { product_id, reason, before, limit = defaultLimit }: StockMovementQuery,
): Promise<{ rows: LedgerMovement[]; hasMore: boolean }> {
  const isBalanced = product_id !== undefined && reason === undefined
  // One statement, which sees stock and ledger at the same moment.
  const balance = isBalanced
    ? sql<number | null>`products.stock
        - (select coalesce(sum(quantity), 0) from stock_movements newer where newer.product_id = ${product_id} and newer.id >= ${before ?? null})
        - (sum(movements.quantity) over (order by movements.id desc) - movements.quantity)`
    : sql<number | null>`null`
  const rows = await db
    .with('movements', (page) => {
      let query = page.selectFrom('stock_movements').selectAll()
      if (product_id !== undefined) query = query.where('product_id', '=', product_id)
      // The index of reasons holds no sales, and is used where the query says so as well.
      if (reason !== undefined) query = query.where('reason', '=', reason)
      if (reason !== undefined && reason !== 'sale') query = query.where('reason', '<>', 'sale')
      if (before !== undefined) query = query.where('id', '<', before)
      return query.orderBy('id', 'desc').limit(limit + 1)
    })
    .selectFrom('movements')
    .innerJoin('products', 'products.id', 'movements.product_id')
    .select([
      'movements.id',
      'movements.product_id',
      'products.name as product_name',
      'movements.quantity',
      sql<number | null>`(${balance})::int8`.as('balance'),
      'movements.reason',
      'movements.note',
      'movements.order_id',
      'movements.actor_id',
      'movements.created_at',
    ])
    .orderBy('movements.id', 'desc')
    .execute()
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit }
}
