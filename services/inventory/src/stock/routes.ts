import { IdPath } from '@kakilima/contracts/ids'
import { Product, StockAdjustment, StockAnswer, StockQuestion } from '@kakilima/contracts/inventory'
import type { Db } from '@kakilima/kit/database'
import type { Server } from '@kakilima/kit/server'
import type { InventoryTables } from '../database.ts'
import { findProduct } from '../products/find-product.ts'
import { presentProduct } from '../products/product.ts'
import { adjustStock } from './adjust-stock.ts'

export function stockRoutes(app: Server, db: Db<InventoryTables>, baseUrl: string): void {
  app.put(
    '/products/:id/stock',
    {
      schema: {
        summary: 'Change the units on hand',
        params: IdPath,
        body: StockAdjustment,
        response: { 200: Product },
      },
    },
    async (request) => presentProduct(await adjustStock(db, request.params.id, request.body.quantity), baseUrl),
  )

  app.get(
    '/products/:id/check-stock',
    {
      schema: {
        summary: 'Can this quantity be sold now?',
        params: IdPath,
        querystring: StockQuestion,
        response: { 200: StockAnswer },
      },
    },
    async (request) => {
      const { stock, reserved, status } = await findProduct(db, request.params.id)
      const available = status === 'published' ? stock - reserved : 0
      return { available: available >= (request.query.quantity ?? 1), stock: available }
    },
  )
}
