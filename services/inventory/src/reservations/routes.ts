import { DecisionReply, DecisionRequest, OrderIds } from '@kakilima/contracts/inventory'
import type { Db } from '@kakilima/kit/database'
import type { Server } from '@kakilima/kit/server'
import type { InventoryTables } from '../database.ts'
import { decideBatch } from './decide-batch.ts'
import { consume, release } from './settle.ts'

/** A batch of a thousand orders of a hundred lines each has 4 MB. */
const largestBatchBytes = 8 * 1024 * 1024

export function reservationRoutes(app: Server, db: Db<InventoryTables>): void {
  app.post(
    '/reservations/decisions',
    {
      bodyLimit: largestBatchBytes,
      schema: {
        summary: 'Decide orders, all or nothing each',
        body: DecisionRequest,
        response: { 200: DecisionReply },
      },
    },
    async (request) => ({ decisions: await decideBatch(db, request.body.orders) }),
  )

  app.post(
    '/reservations/releases',
    { schema: { summary: 'Give the units of orders back', body: OrderIds, response: { 200: DecisionReply } } },
    async (request) => ({ decisions: await release(db, request.body.order_ids) }),
  )

  app.post(
    '/reservations/consumptions',
    {
      schema: {
        summary: 'Take the units of confirmed orders from the shelf',
        body: OrderIds,
        response: { 200: DecisionReply },
      },
    },
    async (request) => ({ decisions: await consume(db, request.body.order_ids) }),
  )
}
