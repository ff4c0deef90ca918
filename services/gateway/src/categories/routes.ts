import { IdPath } from '@kakilima/contracts/ids'
import { Category, CategoryChange, CategoryInput } from '@kakilima/contracts/inventory'
import { MessageReply } from '@kakilima/contracts/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'

export function categoryRoutes(app: Server, { categories }: Pick<GatewayDeps, 'categories'>): void {
  app.get(
    '/api/v1/categories',
    { schema: { summary: 'All categories in their order', response: { 200: Type.Array(Category) } } },
    async () => categories.list(),
  )

  app.get(
    '/api/v1/categories/:id',
    { schema: { summary: 'One category', params: IdPath, response: { 200: Category } } },
    async (request) => categories.get(request.params.id),
  )

  app.post(
    '/api/v1/categories',
    { schema: { summary: 'Create a category', body: CategoryInput, response: { 201: Category } } },
    async (request, reply) => {
      const category = await categories.create(request.body)
      return reply.code(201).header('location', `/api/v1/categories/${category.id}`).send(category)
    },
  )

  app.put(
    '/api/v1/categories/:id',
    { schema: { summary: 'Change a category', params: IdPath, body: CategoryChange, response: { 200: Category } } },
    async (request) => categories.change(request.params.id, request.body),
  )

  app.delete(
    '/api/v1/categories/:id',
    { schema: { summary: 'Delete a category; its products stay', params: IdPath, response: { 200: MessageReply } } },
    async (request) => categories.delete(request.params.id),
  )
}
