import Type from 'typebox'
import type { Call } from './clients.ts'
import { Confirmations, DeskOrder } from './desk.ts'

/** What staff ask of the order service beyond what customers do. Queries are ready-made: `status=paid&limit=20`. */
export type DeskClient = ReturnType<typeof deskClient>
export function deskClient(call: Call) {
  return {
    orders: (query: string) =>
      call({ method: 'GET', path: `/desk/orders?${query}`, reply: Type.Array(DeskOrder), harmless: true }),
    order: (id: number) => call({ method: 'GET', path: `/desk/orders/${id}`, reply: DeskOrder, harmless: true }),
    /** Confirms up to 100 orders. Asked again after a lost answer, those that were confirmed are told as such. */
    confirm: (orderIds: number[]) =>
      call({
        method: 'POST',
        path: '/orders/confirmations',
        body: { order_ids: orderIds },
        reply: Confirmations,
        harmless: false,
      }),
  }
}
