import { IdPath } from '@kakilima/contracts/ids'
import { Product, ProductChange, ProductInput, StockAdjustment } from '@kakilima/contracts/inventory'
import { listQuery, MessageReply } from '@kakilima/contracts/lists'
import { problem } from '@kakilima/contracts/problems'
import { text } from '@kakilima/contracts/text'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import { queryOf } from '../query.ts'

const ShopQuery = Type.Object({
  ...listQuery,
  search: Type.Optional(text(200)),
  category: Type.Optional(text(200)),
  category_slug: Type.Optional(text(200)),
  slug: Type.Optional(text(200)),
})

export function productRoutes(app: Server, { products }: GatewayDeps): void {
  app.get(
    '/api/v1/products',
    { schema: { summary: 'Products on sale', querystring: ShopQuery, response: { 200: Type.Array(Product) } } },
    async (request, reply) => {
      const { limit, after, search, category, category_slug, slug } = request.query
      // Each by its name: whatever else stands in the query, `status=draft` for one, is for the inventory service and not for the public.
      const query = queryOf({ limit, after, search, category, category_slug, slug, status: 'published' })
      const rows = await products.page(query)
      const isPaged = limit !== undefined || after !== undefined
      const isFull = rows.length === (limit ?? 1000)
      linkPage(request, reply, 'after', isPaged && isFull ? rows.at(-1)?.id : undefined)
      return rows
    },
  )

  app.get(
    '/api/v1/products/:id',
    { schema: { summary: 'One product on sale', params: IdPath, response: { 200: Product } } },
    async (request) => {
      const product = await products.get(request.params.id)
      if (product.status !== 'published') throw problem('product-not-found', 'Product not found')
      return product
    },
  )

  app.post(
    '/api/v1/products',
    { schema: { summary: 'Create a product', body: ProductInput, response: { 201: Product } } },
    async (request, reply) => {
      const product = await products.create(request.body)
      return reply.code(201).header('location', `/api/v1/products/${product.id}`).send(product)
    },
  )

  app.put(
    '/api/v1/products/:id',
    { schema: { summary: 'Change a product', params: IdPath, body: ProductChange, response: { 200: Product } } },
    async (request) => products.change(request.params.id, request.body),
  )

  app.put(
    '/api/v1/products/:id/stock',
    {
      schema: {
        summary: 'Change the units on hand',
        params: IdPath,
        body: StockAdjustment,
        response: { 200: Product },
      },
    },
    async (request) => products.adjustStock(request.params.id, request.body),
  )

  app.delete(
    '/api/v1/products/:id',
    { schema: { summary: 'Take a product out of the shop', params: IdPath, response: { 200: MessageReply } } },
    async (request) => products.delete(request.params.id),
  )
}
