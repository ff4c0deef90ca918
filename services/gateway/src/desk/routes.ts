import { DeskParkedOrder, DeskSummary, OrderNote, OrderNoteInput, TimelineEntry } from '@kakilima/contracts/order/desk'
import { IdPath } from '@kakilima/contracts/ids'
import { ListQuery, MessageReply } from '@kakilima/contracts/lists'
import { linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import { defaultPageSize, queryOf } from '../query.ts'

/** What staff see and do of orders beyond what their customers may. */
export function deskRoutes(app: Server, { desk }: Pick<GatewayDeps, 'desk'>): void {
  app.get(
    '/api/v1/desk/summary',
    { schema: { summary: 'How much waits for staff', response: { 200: DeskSummary } } },
    async () => desk.summary(),
  )

  app.get(
    '/api/v1/orders/:id/timeline',
    {
      schema: {
        summary: 'What happened to an order, oldest first',
        params: IdPath,
        response: { 200: Type.Array(TimelineEntry) },
      },
    },
    async (request) => desk.timeline(request.params.id),
  )

  app.get(
    '/api/v1/orders/:id/notes',
    {
      schema: {
        summary: 'What staff noted about an order, oldest first',
        params: IdPath,
        querystring: ListQuery,
        response: { 200: Type.Array(OrderNote) },
      },
    },
    async (request, reply) => {
      const { limit = defaultPageSize, after = 0 } = request.query
      const rows = await desk.notes(request.params.id, queryOf({ limit, after }))
      linkPage(request, reply, 'after', rows.length === limit ? rows.at(-1)?.id : undefined)
      return rows
    },
  )

  app.post(
    '/api/v1/orders/:id/notes',
    {
      schema: {
        summary: 'Note something about an order, for staff alone',
        params: IdPath,
        body: OrderNoteInput,
        response: { 201: OrderNote },
      },
    },
    async (request, reply) => reply.code(201).send(await desk.addNote(request.params.id, request.body.text)),
  )

  app.get(
    '/api/v1/parked-orders',
    { schema: { summary: 'Orders that could not be decided', response: { 200: Type.Array(DeskParkedOrder) } } },
    async () => desk.parked(),
  )

  app.post(
    '/api/v1/parked-orders/:id/replay',
    { schema: { summary: 'Try to decide it again', params: IdPath, response: { 200: MessageReply } } },
    async (request) => desk.replay(request.params.id),
  )

  app.post(
    '/api/v1/parked-orders/:id/rejection',
    { schema: { summary: 'Reject it', params: IdPath, response: { 200: MessageReply } } },
    async (request) => desk.reject(request.params.id),
  )
}
