import { IdPath } from '@kakilima/contracts/ids'
import { Product, StockAdjustment, StockAnswer, StockQuestion } from '@kakilima/contracts/inventory'
import { LedgerMovement, StockMovementQuery } from '@kakilima/contracts/stock-movements'
import type { Db } from '@kakilima/kit/database'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { InventoryTables } from '../database.ts'
import { findProduct } from '../products/find-product.ts'
import { presentProduct } from '../products/product.ts'
import { adjustStock } from './adjust-stock.ts'
import { listMovements } from './list-movements.ts'

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
    async (request) => presentProduct(await adjustStock(db, request.params.id, request.body), baseUrl),
  )

  app.get(
    '/stock-movements',
    {
      schema: {
        summary: 'The stock ledger, newest first',
        querystring: StockMovementQuery,
        response: { 200: Type.Array(LedgerMovement) },
      },
    },
    async (request, reply) => {
      const { rows, hasMore } = await listMovements(db, request.query)
      linkPage(request, reply, 'before', hasMore ? rows.at(-1)?.id : undefined)
      return rows
    },
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
