import { IdPath } from '@kakilima/contracts/ids'
import { problem } from '@kakilima/contracts/problems'
import { Customer, CustomerListQuery } from '@kakilima/contracts/user'
import type { Db } from '@kakilima/kit/database'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { UserTables } from '../database.ts'
import { listCustomers, selectCustomers } from './list-customers.ts'

export function customerRoutes(app: Server, db: Db<UserTables>): void {
  app.get(
    '/customers',
    {
      schema: {
        summary: 'Customers as staff see them',
        querystring: CustomerListQuery,
        response: { 200: Type.Array(Customer) },
      },
    },
    async (request, reply) => {
      const { rows, hasMore } = await listCustomers(db, request.query)
      const parameter = request.query.sort === 'newest' ? 'before' : 'after'
      linkPage(request, reply, parameter, hasMore ? rows.at(-1)?.id : undefined)
      return rows
    },
  )

  app.get(
    '/customers/:id',
    { schema: { summary: 'One customer as staff see one', params: IdPath, response: { 200: Customer } } },
    async (request) => {
      const customer = await selectCustomers(db).where('id', '=', request.params.id).executeTakeFirst()
      if (customer === undefined) throw problem('user-not-found', 'User not found')
      return customer
    },
  )
}
