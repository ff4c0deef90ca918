import type { ProductInput } from '@kakilima/contracts/inventory'
import { addToAuditLog } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { addToOutbox } from '@kakilima/kit/outbox'
import { inTransaction } from '@kakilima/kit/transaction'
import type { InventoryTables } from '../database.ts'
import type { ProductRow } from './product.ts'

/** Stores a product with its first stock. */
export async function createProduct(db: Db<InventoryTables>, input: ProductInput): Promise<ProductRow> {
  const { name, price, stock, description, sku, category, image, status, weight_grams } = input
  return inTransaction(db, async (tx) => {
    const product = await tx
      .insertInto('products')
      .values({
        name: name.trim(),
        price,
        stock,
        sku: sku ?? null,
        category: category ?? null,
        image: image ?? null,
        weight_grams: weight_grams ?? null,
        ...(description !== undefined && { description }),
        ...(status !== undefined && { status }),
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    if (stock > 0)
      await tx
        .insertInto('stock_movements')
        .values({ product_id: product.id, quantity: stock, reason: 'initial' })
        .execute()
    await addToOutbox(
      tx,
      [{ type: 'product.created', subject_id: product.id, version: product.version, data: product }],
      false,
    )
    await addToAuditLog(tx, { action: 'product.create', subject_id: product.id, before: null, after: product })
    return product
  })
}
