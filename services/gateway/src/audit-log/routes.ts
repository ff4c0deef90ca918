import { auditLogFilters, ShopAuditLogEntry } from '@kakilima/contracts/audit-log'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import { defaultPageSize } from '../query.ts'
import { placesPattern, readPlaces, writePlaces } from './audit-log.ts'
import { listAuditLog } from './list-audit-log.ts'

const ShopQuery = Type.Object({
  ...auditLogFilters,
  before: Type.Optional(Type.String({ pattern: placesPattern, description: 'as the link to the next page has it' })),
})

export function auditLogRoutes(app: Server, deps: GatewayDeps): void {
  app.get(
    '/api/v1/audit-log',
    {
      schema: {
        summary: 'What staff changed, in all services, newest first',
        querystring: ShopQuery,
        response: { 200: Type.Array(ShopAuditLogEntry) },
      },
    },
    async (request, reply) => {
      const { limit = defaultPageSize, before, ...filters } = request.query
      const from = before === undefined ? {} : readPlaces(before)
      const { entries, next } = await listAuditLog(deps, filters, limit, from)
      linkPage(request, reply, 'before', next && writePlaces(next))
      return entries
    },
  )
}
