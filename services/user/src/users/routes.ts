import { IdPath, parseIds } from '@kakilima/contracts/ids'
import { defaultListLimit } from '@kakilima/contracts/lists'
import { problem } from '@kakilima/contracts/problems'
import { User, UserInput, UserListQuery } from '@kakilima/contracts/user'
import type { Db } from '@kakilima/kit/database'
import { linkNextPage, page } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import Type from 'typebox'
import type { UserTables } from '../database.ts'
import { createUser } from './create-user.ts'
import { matchesSearch } from './matches-search.ts'
import { searchUsers } from './search-users.ts'
import { userColumns } from './user-columns.ts'

export function userRoutes(app: Server, db: Db<UserTables>): void {
  app.post(
    '/users',
    { schema: { summary: 'Create a customer', body: UserInput, response: { 201: User } } },
    async (request, reply) => {
      const user = await createUser(db, request.body)
      return reply.code(201).header('location', `/users/${user.id}`).send(user)
    },
  )

  app.get(
    '/users',
    { schema: { summary: 'List customers', querystring: UserListQuery, response: { 200: Type.Array(User) } } },
    async (request, reply) => {
      const { ids, search = '' } = request.query
      if (search.trim() !== '') {
        return searchUsers(db, (tx) =>
          tx
            .selectFrom('users')
            .select(userColumns)
            .where(matchesSearch(search))
            .orderBy('id', 'desc')
            .limit(defaultListLimit)
            .execute(),
        )
      }
      const users = db.selectFrom('users').select(userColumns)
      // Who works in the shop is no customer of it, but may have ordered, and then the order names them.
      const query =
        ids === undefined
          ? users.where('role', '=', 'customer')
          : users.where('id', '=', sql<number>`any(${parseIds(ids)}::int8[])`)
      const { rows, hasMore } = await page(query, 'id', request.query)
      linkNextPage(request, reply, hasMore, rows.at(-1)?.id)
      return rows
    },
  )

  app.get(
    '/users/:id',
    { schema: { summary: 'One customer', params: IdPath, response: { 200: User } } },
    async (request) => {
      const user = await db
        .selectFrom('users')
        .select(userColumns)
        .where('id', '=', request.params.id)
        .executeTakeFirst()
      if (user === undefined) throw problem('user-not-found', 'User not found')
      return user
    },
  )
}
