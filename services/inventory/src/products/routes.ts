import { IdPath } from '@kakilima/contracts/ids'
import { Product, ProductChange, ProductInput, ProductListQuery, Tombstone } from '@kakilima/contracts/inventory'
import { listQuery, MessageReply } from '@kakilima/contracts/lists'
import type { Db } from '@kakilima/kit/database'
import { linkNextPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { InventoryTables } from '../database.ts'
import { changeProduct } from './change-product.ts'
import { createProduct } from './create-product.ts'
import { deleteProduct } from './delete-product.ts'
import { findProduct } from './find-product.ts'
import { listDeleted } from './list-deleted.ts'
import { listProducts } from './list-products.ts'
import { presentProduct } from './product.ts'

export function productRoutes(app: Server, db: Db<InventoryTables>, baseUrl: string): void {
  app.post(
    '/products',
    { schema: { summary: 'Create a product', body: ProductInput, response: { 201: Product } } },
    async (request, reply) => {
      const product = await createProduct(db, request.body)
      return reply.code(201).header('location', `/products/${product.id}`).send(presentProduct(product, baseUrl))
    },
  )

  app.get(
    '/products',
    { schema: { summary: 'List products', querystring: ProductListQuery, response: { 200: Type.Array(Product) } } },
    async (request, reply) => {
      const { rows, hasMore } = await listProducts(db, request.query)
      linkNextPage(request, reply, hasMore, rows.at(-1)?.id)
      return rows.map((row) => presentProduct(row, baseUrl))
    },
  )

  app.get(
    '/products/deleted',
    {
      schema: {
        summary: 'List the products that were taken out, for whoever keeps a copy of them',
        querystring: Type.Object(listQuery),
        response: { 200: Type.Array(Tombstone) },
      },
    },
    async (request, reply) => {
      const { rows, hasMore } = await listDeleted(db, request.query)
      linkNextPage(request, reply, hasMore, rows.at(-1)?.id)
      return rows
    },
  )

  app.get(
    '/products/:id',
    { schema: { summary: 'One product', params: IdPath, response: { 200: Product } } },
    async (request) => presentProduct(await findProduct(db, request.params.id), baseUrl),
  )

  app.put(
    '/products/:id',
    { schema: { summary: 'Change a product', params: IdPath, body: ProductChange, response: { 200: Product } } },
    async (request) => presentProduct(await changeProduct(db, request.params.id, request.body), baseUrl),
  )

  app.delete(
    '/products/:id',
    { schema: { summary: 'Take a product out of the shop', params: IdPath, response: { 200: MessageReply } } },
    async (request) => {
      await deleteProduct(db, request.params.id)
      return { message: 'Product deleted successfully' }
    },
  )
}
