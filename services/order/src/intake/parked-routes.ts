import { IdPath } from '@kakilima/contracts/ids'
import { MessageReply } from '@kakilima/contracts/lists'
import { DeskParkedOrder } from '@kakilima/contracts/order/desk'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { OrderDeps } from '../app.ts'
import { withCustomers } from '../desk/customers.ts'
import { rejectParkedOrder, replayParkedOrder } from './parked-orders.ts'

export function parkedRoutes(app: Server, deps: OrderDeps): void {
  app.get(
    '/parked-orders',
    { schema: { summary: 'Orders that could not be decided', response: { 200: Type.Array(DeskParkedOrder) } } },
    async () => withCustomers(deps, await deps.queue.parked()),
  )

  app.post(
    '/parked-orders/:id/replay',
    { schema: { summary: 'Try to decide it again', params: IdPath, response: { 200: MessageReply } } },
    async (request) => {
      await replayParkedOrder(deps, request.params.id)
      deps.wakeWorker()
      return { message: 'The order will be tried again' }
    },
  )

  app.post(
    '/parked-orders/:id/rejection',
    { schema: { summary: 'Reject it', params: IdPath, response: { 200: MessageReply } } },
    async (request) => {
      await rejectParkedOrder(deps, request.params.id)
      return { message: 'The order is rejected' }
    },
  )
}
