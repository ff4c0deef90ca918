import { Account } from '@kakilima/contracts/account'
import { IdPath } from '@kakilima/contracts/ids'
import { listQuery } from '@kakilima/contracts/lists'
import { problem } from '@kakilima/contracts/problems'
import { User } from '@kakilima/contracts/user'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import { defaultPageSize, queryOf } from '../query.ts'

export function customerRoutes(app: Server, { customers, sessions }: GatewayDeps): void {
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

  /** Who works in the shop is no customer: none of them locks out another here. `kakilima user ban` does. */
  async function requireCustomer(id: number): Promise<void> {
    const { role } = await sessions.account(id)
    if (role !== 'customer') throw problem('user-not-found', 'User not found')
  }

  app.put(
    '/api/v1/customers/:id/ban',
    { schema: { summary: 'Ban a customer, which ends all sessions', params: IdPath, response: { 200: Account } } },
    async (request) => {
      await requireCustomer(request.params.id)
      return sessions.ban(request.params.id)
    },
  )

  app.delete(
    '/api/v1/customers/:id/ban',
    { schema: { summary: 'Let a banned customer sign in again', params: IdPath, response: { 200: Account } } },
    async (request) => {
      await requireCustomer(request.params.id)
      return sessions.unban(request.params.id)
    },
  )
}
