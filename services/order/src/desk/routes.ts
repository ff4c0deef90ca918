import {
  Confirmations,
  ConfirmationsInput,
  DeskOrder,
  DeskOrderQuery,
  DeskSummary,
  OrderFilters,
  OrderNote,
  OrderNoteInput,
  TimelineEntry,
} from '@kakilima/contracts/order/desk'
import { IdPath } from '@kakilima/contracts/ids'
import { ListQuery } from '@kakilima/contracts/lists'
import { csvAnswer } from '@kakilima/kit/csv-answer'
import { linkNextPage, linkPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { OrderDeps } from '../app.ts'
import { confirmOrders } from '../orders/confirm-orders.ts'
import { findOrder } from '../orders/find-order.ts'
import { withCustomers } from './customers.ts'
import { countWork } from './count-work.ts'
import { exportOrders } from './export-orders.ts'
import { listDeskOrders } from './list-desk-orders.ts'
import { addOrderNote, listOrderNotes } from './order-notes.ts'
import { readTimeline } from './read-timeline.ts'

/** Orders as staff see them. */
export function deskRoutes(app: Server, deps: OrderDeps): void {
  const { db, queue } = deps

  app.get(
    '/desk/orders',
    {
      schema: {
        summary: 'Orders by filters, with their customers',
        querystring: DeskOrderQuery,
        response: { 200: Type.Array(DeskOrder) },
      },
    },
    async (request, reply) => {
      const { rows, hasMore } = await listDeskOrders(deps, request.query)
      const by = request.query.sort === 'oldest' ? 'after' : 'before'
      linkPage(request, reply, by, hasMore ? rows.at(-1)?.id : undefined)
      return rows
    },
  )

  app.get(
    '/desk/orders/export',
    { schema: { summary: 'Orders by filters as CSV', querystring: OrderFilters } },
    async (request, reply) => csvAnswer(reply, exportOrders(deps, request.query)),
  )

  app.get(
    '/desk/orders/:id',
    { schema: { summary: 'One order with its customer', params: IdPath, response: { 200: DeskOrder } } },
    async (request) => {
      const [order] = await withCustomers(deps, [await findOrder(db, queue, request.params.id)])
      return order!
    },
  )

  app.post(
    '/orders/confirmations',
    { schema: { summary: 'Confirm orders together', body: ConfirmationsInput, response: { 200: Confirmations } } },
    async (request) => ({ results: await confirmOrders(deps, request.body.order_ids) }),
  )

  app.get(
    '/desk/summary',
    { schema: { summary: 'How much waits for staff', response: { 200: DeskSummary } } },
    async () => countWork(deps),
  )

  app.get(
    '/orders/:id/timeline',
    {
      schema: {
        summary: 'What happened to an order, oldest first',
        params: IdPath,
        response: { 200: Type.Array(TimelineEntry) },
      },
    },
    async (request) => readTimeline(deps, request.params.id),
  )

  app.get(
    '/orders/:id/notes',
    {
      schema: {
        summary: 'What staff noted about an order',
        params: IdPath,
        querystring: ListQuery,
        response: { 200: Type.Array(OrderNote) },
      },
    },
    async (request, reply) => {
      const { rows, hasMore } = await listOrderNotes(deps, request.params.id, request.query)
      linkNextPage(request, reply, hasMore, rows.at(-1)?.id)
      return rows
    },
  )

  app.post(
    '/orders/:id/notes',
    {
      schema: {
        summary: 'Note something about an order',
        params: IdPath,
        body: OrderNoteInput,
        response: { 201: OrderNote },
      },
    },
    async (request, reply) => reply.code(201).send(await addOrderNote(deps, request.params.id, request.body.text)),
  )
}
