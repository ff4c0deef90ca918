import { DeskProductQuery } from '@kakilima/contracts/desk-products'
import { IdPath } from '@kakilima/contracts/ids'
import { Product } from '@kakilima/contracts/inventory'
import { totalCountHeader } from '@kakilima/contracts/paging'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import { queryOf } from '../query.ts'

/** What staff look at, of every status. */
export function deskProductRoutes(app: Server, { deskProducts, products }: GatewayDeps): void {
  app.get(
    '/api/v1/desk/products',
    {
      schema: {
        summary: 'Look through products of every status',
        querystring: DeskProductQuery,
        response: { 200: Type.Array(Product) },
      },
    },
    async (request, reply) => {
      const { ids, search, status, category_slug, available_at_most, sort, limit, cursor } = request.query
      const query = queryOf({ ids, search, status, category_slug, available_at_most, sort, limit, cursor })
      const { rows, next, total } = await deskProducts.page(query)
      linkPage(request, reply, 'cursor', next)
      reply.header(totalCountHeader, total)
      return rows
    },
  )

  app.get(
    '/api/v1/desk/products/:id',
    { schema: { summary: 'One product of whatever status', params: IdPath, response: { 200: Product } } },
    async (request) => products.get(request.params.id),
  )

  app.post(
    '/api/v1/products/:id/duplicate',
    {
      schema: {
        summary: 'Make a draft like this product, with images of its own',
        params: IdPath,
        response: { 201: Product },
      },
    },
    async (request, reply) => {
      const product = await products.duplicate(request.params.id)
      return reply.code(201).header('location', `/api/v1/desk/products/${product.id}`).send(product)
    },
  )
}
