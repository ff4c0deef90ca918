import { IdPath } from '@kakilima/contracts/ids'
import { Category, CategoryChange, CategoryInput } from '@kakilima/contracts/inventory'
import { MessageReply } from '@kakilima/contracts/lists'
import type { Db } from '@kakilima/kit/database'
import { addImageRoutes, imageBody } from '@kakilima/kit/image-body'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { InventoryTables } from '../database.ts'
import type { ImageStore } from '../images/image-store.ts'
import { presentCategory } from './category.ts'
import { changeCategory } from './change-category.ts'
import { createCategory } from './create-category.ts'
import { deleteCategory } from './delete-category.ts'
import { findCategory, listCategories } from './list-categories.ts'
import { setCategoryImage } from './set-category-image.ts'

export async function categoryRoutes(
  app: Server,
  db: Db<InventoryTables>,
  store: ImageStore,
  baseUrl: string,
): Promise<void> {
  const categoryAt = async (id: number) => presentCategory(await findCategory(db, id), baseUrl)

  app.get(
    '/categories',
    { schema: { summary: 'All categories in their order', response: { 200: Type.Array(Category) } } },
    async () => (await listCategories(db)).map((category) => presentCategory(category, baseUrl)),
  )

  app.get(
    '/categories/:id',
    { schema: { summary: 'One category', params: IdPath, response: { 200: Category } } },
    async (request) => categoryAt(request.params.id),
  )

  app.post(
    '/categories',
    { schema: { summary: 'Create a category', body: CategoryInput, response: { 201: Category } } },
    async (request, reply) => {
      const { id } = await createCategory(db, request.body)
      return reply
        .code(201)
        .header('location', `/categories/${id}`)
        .send(await categoryAt(id))
    },
  )

  app.put(
    '/categories/:id',
    { schema: { summary: 'Change a category', params: IdPath, body: CategoryChange, response: { 200: Category } } },
    async ({ params, body }) => {
      await changeCategory(db, params.id, body)
      return categoryAt(params.id)
    },
  )

  app.delete(
    '/categories/:id',
    { schema: { summary: 'Delete a category; its products stay', params: IdPath, response: { 200: MessageReply } } },
    async (request) => {
      await deleteCategory(db, store, request.params.id)
      return { message: 'Category deleted successfully' }
    },
  )

  await addImageRoutes(app, (routes) => {
    routes.put(
      '/categories/:id/image',
      {
        schema: {
          summary: 'Give a category a picture',
          params: IdPath,
          ...imageBody,
          response: { 200: Category },
        },
      },
      async ({ params, body }) => {
        await setCategoryImage(db, store, params.id, body)
        return categoryAt(params.id)
      },
    )
  })

  app.delete(
    '/categories/:id/image',
    { schema: { summary: 'Take the picture off a category', params: IdPath, response: { 200: Category } } },
    async ({ params }) => {
      await setCategoryImage(db, store, params.id, undefined)
      return categoryAt(params.id)
    },
  )
}
