import { Account } from '@kakilima/contracts/account'
import { IdPath } from '@kakilima/contracts/ids'
import { listQuery } from '@kakilima/contracts/lists'
import { User } from '@kakilima/contracts/user'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import { defaultPageSize, queryOf } from '../query.ts'

export function customerRoutes(app: Server, { customers, sessions, ended }: GatewayDeps): void {
  app.get(
    '/api/v1/customers',
    { schema: { summary: 'All customers', querystring: Type.Object(listQuery), response: { 200: Type.Array(User) } } },
    async (request, reply) => {
      const { limit = defaultPageSize, after = 0 } = request.query
      const rows = await customers.page(queryOf({ limit, after }))
      linkPage(request, reply, 'after', rows.length === limit ? rows.at(-1)?.id : undefined)
      return rows
    },
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
