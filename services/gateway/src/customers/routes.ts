import { Account } from '@kakilima/contracts/account'
import { IdPath } from '@kakilima/contracts/ids'
import { Customer, CustomerListQuery } from '@kakilima/contracts/user'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import { defaultPageSize, queryOf } from '../query.ts'

export function customerRoutes(app: Server, { customers, sessions, ended }: GatewayDeps): void {
  app.get(
    '/api/v1/customers',
    {
      schema: {
        summary: 'Customers, in ascending id or the newest first',
        querystring: CustomerListQuery,
        response: { 200: Type.Array(Customer) },
      },
    },
    async (request, reply) => {
      const { limit = defaultPageSize, before, after, sort, ids, search } = request.query
      const rows = await customers.page(queryOf({ limit, before, after, sort, ids, search }))
      const parameter = sort === 'newest' ? 'before' : 'after'
      linkPage(request, reply, parameter, rows.length === limit ? rows.at(-1)?.id : undefined)
      return rows
    },
  )

  app.get(
    '/api/v1/customers/:id',
    { schema: { summary: 'One customer', params: IdPath, response: { 200: Customer } } },
    async (request) => customers.get(request.params.id),
  )

  app.put(
    '/api/v1/customers/:id/ban',
    { schema: { summary: 'Ban a customer, which ends all sessions', params: IdPath, response: { 200: Account } } },
    async (request) => {
      const account = await sessions.ban(request.params.id)
      await ended.refresh()
      return account
    },
  )

  app.delete(
    '/api/v1/customers/:id/ban',
    { schema: { summary: 'Let a banned customer sign in again', params: IdPath, response: { 200: Account } } },
    async (request) => sessions.unban(request.params.id),
  )
}
