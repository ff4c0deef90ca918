import { AuditLogEntry, AuditLogQuery } from '@kakilima/contracts/audit-log'
import { defaultListLimit } from '@kakilima/contracts/lists'
import Type from 'typebox'
import type { AuditLogTable } from './audit-log.ts'
import type { Db } from './database.ts'
import { linkPage } from './lists.ts'
import type { Server } from './server.ts'

/** Shows what staff changed in a service, newest first. */
export function auditLogRoutes(app: Server, db: Db<any>): void {
  app.get(
    '/audit-log',
    {
      schema: {
        summary: 'What staff changed, newest first',
        querystring: AuditLogQuery,
        response: { 200: Type.Array(AuditLogEntry) },
      },
    },
    async (request, reply) => {
      const { limit = defaultListLimit } = request.query
      const rows = await listAuditLog(db, { ...request.query, limit: limit + 1 })
      const entries = rows.slice(0, limit)
      linkPage(request, reply, 'before', rows.length > limit ? entries.at(-1)?.id : undefined)
      return entries
    },
  )
}

async function listAuditLog(
  db: Db<{ audit_log: AuditLogTable }>,
  { limit, before, actor_id, subject }: AuditLogQuery & { limit: number },
): Promise<AuditLogEntry[]> {
  let query = db.selectFrom('audit_log').selectAll()
  if (before !== undefined) query = query.where('id', '<', before)
  if (actor_id !== undefined) query = query.where('actor_id', '=', actor_id)
  if (subject !== undefined) {
    const [type, id] = subject.split(':') as [string, string]
    query = query.where('subject_type', '=', type).where('subject_id', '=', Number(id))
  }
  return query.orderBy('id', 'desc').limit(limit).execute()
}
