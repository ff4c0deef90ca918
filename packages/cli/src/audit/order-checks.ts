import type { Decision, OrderLine } from '@kakilima/contracts/inventory'
import type { OrderStatus } from '@kakilima/contracts/order/order'
import { sql } from 'kysely'
import { type Check, compareById, type Violation } from './check.ts'

type DecisionRow = Pick<Decision, 'state' | 'lines'>
type OrderRow = { status: OrderStatus; reason: string | null; total_price: number; lines: OrderLine[] }

/** I1, I2 and I4: orders beside what the queue accepted, among themselves, and beside inventory's decisions. */
export const orderChecks: Check[] = [
  {
    invariant: 'I1',
    holds: 'every order that was accepted is decided, set aside, or waits where the worker still comes',
    async find({ order, queue }) {
      const violations: Violation[] = []
      let next: string | undefined
      do {
        const page = await queue.passed(next)
        const { rows } = await sql<{ order_id: number }>`
          select order_id from unnest(${page.orderIds}::int8[]) as order_id
          where not exists (select from orders where orders.id = order_id) order by order_id`.execute(order)
        for (const { order_id } of rows) {
          const message = 'was accepted and passed by: the queue is done with it, and it was never decided'
          violations.push({ invariant: 'I1', subject: `order ${order_id}`, message })
        }
        next = page.next
      } while (next !== undefined)
      return violations
    },
  },
  {
    invariant: 'I2',
    holds: 'one order per customer and idempotency key',
    async find({ order }) {
      const { rows } = await sql<{ user_id: number; ids: string[] }>`
        select user_id, array_agg(id order by id)::text[] as ids from orders
        where idempotency_key is not null
        group by user_id, idempotency_key
        -- A key may be used again for another order once a day has passed.
        having count(*) > 1 and max(created_at) - min(created_at) < interval '24 hours'`.execute(order)
      return rows.map(({ user_id, ids }) => ({
        invariant: 'I2',
        subject: `orders ${ids.join(', ')}`,
        message: `were made by customer ${user_id} with one idempotency key`,
      }))
    },
  },
  {
    invariant: 'I4',
    holds: 'every decision and its order tell the same story, line by line',
    find: ({ inventory, order }) =>
      compareById<DecisionRow, OrderRow>({
        left: async (after, limit) =>
          (
            await sql<DecisionRow & { order_id: number }>`
              select order_id, state, lines from decisions where order_id > ${after} order by order_id limit ${limit}`.execute(
              inventory,
            )
          ).rows,
        right: async (after, upTo) =>
          (
            await sql<OrderRow & { order_id: number }>`
              select id as order_id, status, reason, total_price, lines from orders
              where id > ${after} and id <= ${upTo} order by id`.execute(order)
          ).rows,
        compare: (orderId, [decision], [row]) => {
          const message = disagreement(decision, row)
          return message === undefined ? [] : [{ invariant: 'I4', subject: `order ${orderId}`, message }]
        },
      }),
  },
]

function disagreement(decision: DecisionRow | undefined, order: OrderRow | undefined): string | undefined {
  if (decision === undefined) return `is ${order?.status} and inventory never decided it`
  if (order === undefined) return `has a decision (${decision.state}) and was never written`
  if (!statesOf(order).includes(decision.state)) return `is ${order.status} and its decision is ${decision.state}`
  if (order.status === 'rejected') return undefined
  if (linesText(order.lines) !== linesText(decision.lines)) return 'has other lines than its decision'
  const total = order.lines.reduce((sum, line) => sum + line.unit_price * line.quantity, 0)
  if (total !== order.total_price) return `costs ${order.total_price} and its lines add up to ${total}`
  return undefined
}

/** In which states the decision of an order may be. */
function statesOf({ status, reason }: OrderRow): Decision['state'][] {
  switch (status) {
    case 'queued':
      return []
    case 'awaiting_payment':
    case 'paid':
      return ['reserved']
    // Its units leave the shelf just before it is confirmed.
    case 'confirming':
      return ['reserved', 'consumed']
    case 'confirmed':
      return ['consumed']
    case 'expired':
    case 'canceled':
      return ['released']
    case 'rejected':
      return reason === 'rejected-by-staff' ? ['rejected', 'released'] : ['rejected']
  }
}

function linesText(lines: OrderLine[]): string {
  return JSON.stringify(lines.map((line) => [line.product_id, line.name, line.unit_price, line.quantity]))
}
