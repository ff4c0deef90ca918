import { DeskProductQuery } from '@kakilima/contracts/desk-products'
import { IdPath } from '@kakilima/contracts/ids'
import { Product } from '@kakilima/contracts/inventory'
import type { Db } from '@kakilima/kit/database'
import { totalCountHeader } from '@kakilima/contracts/paging'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { InventoryTables } from '../database.ts'
import type { ImageStore } from '../images/image-store.ts'
import { duplicateProduct } from './duplicate-product.ts'
import { listDeskProducts } from './list-desk-products.ts'
import { presentProduct } from './product.ts'

/** What staff look at, of every status. */
export function deskRoutes(app: Server, db: Db<InventoryTables>, store: ImageStore, baseUrl: string): void {
  app.get(
    '/desk/products',
    {
      schema: {
        summary: 'Look through products of every status',
        querystring: DeskProductQuery,
        response: { 200: Type.Array(Product) },
      },
    },
    async (request, reply) => {
      const { rows, next, total } = await listDeskProducts(db, request.query)
      linkPage(request, reply, 'cursor', next)
      reply.header(totalCountHeader, total)
      return rows.map((row) => presentProduct(row, baseUrl))
    },
  )

  app.post(
    '/products/:id/duplicate',
    {
      schema: {
        summary: 'Make a draft like this product, with images of its own',
        params: IdPath,
        response: { 201: Product },
      },
    },
    async (request, reply) => {
      const product = await duplicateProduct(db, store, request.params.id)
      return reply.code(201).header('location', `/products/${product.id}`).send(presentProduct(product, baseUrl))
    },
  )
}
