import type { Actor } from '@kakilima/contracts/audit-log'
import type { UserClient } from '@kakilima/contracts/clients'
import { isProblem } from '@kakilima/contracts/problems'
import { StockMovement, StockMovementQuery } from '@kakilima/contracts/stock-movements'
import { linkPage } from '@kakilima/kit/lists'
import type { Logger } from '@kakilima/kit/logger'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import { defaultPageSize, queryOf } from '../query.ts'

export function movementRoutes(app: Server, { products, users, logger }: GatewayDeps): void {
  app.get(
    '/api/v1/stock-movements',
    {
      schema: {
        summary: 'Every change of units on hand, newest first',
        querystring: StockMovementQuery,
        response: { 200: Type.Array(StockMovement) },
      },
    },
    async (request, reply) => {
      const { product_id, reason, before, limit = defaultPageSize } = request.query
      const rows = await products.movements(queryOf({ product_id, reason, before, limit }))
      linkPage(request, reply, 'before', rows.length === limit ? rows.at(-1)?.id : undefined)
      const actors = await findActors(
        users,
        rows.flatMap(({ actor_id }) => actor_id ?? []),
        logger,
      )
      return rows.map(({ actor_id, ...row }) => ({ ...row, actor: (actor_id && actors.get(actor_id)) || null }))
    },
  )
}

/** Who these are, by their ids. Nobody where the user service is away: the ledger is worth reading without names. */
async function findActors(users: Pick<UserClient, 'list'>, ids: number[], logger: Logger): Promise<Map<number, Actor>> {
  if (ids.length === 0) return new Map()
  try {
    const found = await users.list([...new Set(ids)])
    return new Map(found.map(({ id, name }) => [id, { id, name }]))
  } catch (error) {
    if (!isProblem(error, 'neighbor-unavailable', 'neighbor-failed')) throw error
    logger.warn({ err: error }, 'the stock ledger is shown without names')
    return new Map()
  }
}
