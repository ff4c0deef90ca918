import type { Db } from '@kakilima/kit/database'
import type { Server } from '@kakilima/kit/server'
import { sql } from 'kysely'
import Type from 'typebox'
import type { CatalogTables } from '../database.ts'
import { forbidden } from '../items/directus-error.ts'
import type { FindVisibility } from '../items/find-visibility.ts'
import { queryLimits } from '../items/query-limits.ts'

export type ServerDeps = { db: Db<CatalogTables>; findVisibility: FindVisibility; maxItems: number }

const Health = Type.Object({ status: Type.Literal('ok') })
const Info = Type.Object({
  data: Type.Object({
    project: Type.Object({ project_name: Type.String(), default_language: Type.String() }),
    queryLimit: Type.Object({ default: Type.Integer(), max: Type.Integer() }),
  }),
})

/** What clients of a Directus ask of the server itself. */
export function serverRoutes(app: Server, { db, findVisibility, maxItems }: ServerDeps): void {
  app.get('/server/ping', { schema: { summary: 'Says pong' } }, (_, reply) =>
    reply.header('content-type', 'text/html; charset=utf-8').send('pong'),
  )

  app.get(
    '/server/health',
    { schema: { summary: 'Whether the database answers. For staff', response: { 200: Health } } },
    async (request) => {
      if ((await findVisibility(request.headers.authorization)) !== 'staff') throw forbidden()
      await sql`select 1`.execute(db)
      return { status: 'ok' as const }
    },
  )

  const info = {
    data: {
      project: { project_name: 'Kakilima', default_language: 'en-US' },
      queryLimit: { default: Math.min(queryLimits.defaultItems, maxItems), max: maxItems },
    },
  }
  app.get('/server/info', { schema: { summary: 'What this server is', response: { 200: Info } } }, async () => info)
}
