import { IdPath } from '@kakilima/contracts/ids'
import { Category, ImageOrder, Product, ProductImagePath } from '@kakilima/contracts/inventory'
import { addImageRoutes, imageBody } from '@kakilima/kit/image-body'
import type { Server } from '@kakilima/kit/server'
import type { FastifyRequest } from 'fastify'
import type { GatewayDeps } from '../app.ts'

/** What staff do with pictures. What the bytes are is for the inventory service to judge. */
export async function imageRoutes(
  app: Server,
  { products, categories, images }: Pick<GatewayDeps, 'products' | 'categories' | 'images'>,
): Promise<void> {
  await addImageRoutes(app, (routes) => {
    routes.post(
      '/api/v1/products/:id/images',
      {
        schema: {
          summary: 'Add an image to a product, behind the others',
          params: IdPath,
          ...imageBody,
          response: { 201: Product },
        },
      },
      async (request, reply) => {
        const product = await images.addToProduct(request.params.id, sent(request, request.body))
        return reply.code(201).header('location', product.images.at(-1)!.url).send(product)
      },
    )

    routes.put(
      '/api/v1/categories/:id/image',
      {
        schema: { summary: 'Give a category a picture', params: IdPath, ...imageBody, response: { 200: Category } },
      },
      async (request) => images.setOfCategory(request.params.id, sent(request, request.body)),
    )
  })

  app.put(
    '/api/v1/products/:id/images',
    {
      schema: {
        summary: 'Put the images of a product in another order',
        params: IdPath,
        body: ImageOrder,
        response: { 200: Product },
      },
    },
    async (request) => products.orderImages(request.params.id, request.body.image_ids),
  )

  app.delete(
    '/api/v1/products/:id/images/:image_id',
    { schema: { summary: 'Take an image off a product', params: ProductImagePath, response: { 200: Product } } },
    async ({ params }) => products.removeImage(params.id, params.image_id),
  )

  app.delete(
    '/api/v1/categories/:id/image',
    { schema: { summary: 'Take the picture off a category', params: IdPath, response: { 200: Category } } },
    async (request) => categories.removeImage(request.params.id),
  )
}

function sent({ headers }: FastifyRequest, body: Buffer) {
  return { body, contentType: headers['content-type']! }
}
