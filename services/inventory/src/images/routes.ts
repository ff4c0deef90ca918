import { IdPath } from '@kakilima/contracts/ids'
import { ImageOrder, Product, ProductImagePath } from '@kakilima/contracts/inventory'
import type { Db } from '@kakilima/kit/database'
import { addImageRoutes, imageBody } from '@kakilima/kit/image-body'
import type { Server } from '@kakilima/kit/server'
import type { InventoryTables } from '../database.ts'
import { presentProduct } from '../products/product.ts'
import { addImage } from './add-image.ts'
import type { ImageStore } from './image-store.ts'
import { orderImages } from './order-images.ts'
import { removeImage } from './remove-image.ts'

export async function imageRoutes(
  app: Server,
  db: Db<InventoryTables>,
  store: ImageStore,
  baseUrl: string,
): Promise<void> {
  await addImageRoutes(app, (routes) => {
    routes.post(
      '/products/:id/images',
      {
        schema: {
          summary: 'Add an image to a product, behind the others',
          params: IdPath,
          ...imageBody,
          response: { 201: Product },
        },
      },
      async (request, reply) => {
        const product = presentProduct(await addImage(db, store, request.params.id, request.body), baseUrl)
        return reply.code(201).header('location', product.images.at(-1)!.url).send(product)
      },
    )
  })

  app.put(
    '/products/:id/images',
    {
      schema: {
        summary: 'Put the images of a product in another order',
        params: IdPath,
        body: ImageOrder,
        response: { 200: Product },
      },
    },
    async (request) => presentProduct(await orderImages(db, request.params.id, request.body.image_ids), baseUrl),
  )

  app.delete(
    '/products/:id/images/:image_id',
    {
      schema: { summary: 'Take an image off a product', params: ProductImagePath, response: { 200: Product } },
    },
    async ({ params }) => presentProduct(await removeImage(db, store, params.id, params.image_id), baseUrl),
  )
}
