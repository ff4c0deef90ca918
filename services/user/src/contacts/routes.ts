import { parseIds } from '@kakilima/contracts/ids'
import { Contact, ContactsQuery } from '@kakilima/contracts/user'
import type { Db } from '@kakilima/kit/database'
import type { Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import Type from 'typebox'
import type { UserTables } from '../database.ts'

export function contactRoutes(app: Server, db: Db<UserTables>): void {
  app.get(
    '/contacts',
    {
      schema: {
        summary: 'How users can be written to',
        querystring: ContactsQuery,
        response: { 200: Type.Array(Contact) },
      },
    },
    async (request) =>
      db
        .selectFrom('users')
        .select(['id', 'name', 'email', 'language'])
        .where('id', '=', sql<number>`any(${parseIds(request.query.ids)}::int8[])`)
        .orderBy('id')
        .execute(),
  )
}
