import type { OrderStatus } from '@kakilima/contracts/order/order'
import type { PaymentState } from '@kakilima/contracts/payment'
import { sql } from 'kysely'
import { type Check, compareById } from './check.ts'

type PaymentRow = { id: number; state: PaymentState; amount: number; reason: string | null; receipt: string | null }
type OrderRow = { status: OrderStatus; total_price: number; paid_by_payment_id: number | null }

/** I5: money beside orders. */
export const paymentChecks: Check[] = [
  {
    invariant: 'I5',
    holds: 'a paid order has exactly one completed payment of its total, the one it names; no other money is kept',
    find: ({ order, payment }) =>
      compareById<PaymentRow, OrderRow>({
        left: async (after, limit) => {
          // Whole orders: all payments of the orders that the page reaches.
          const { rows } = await sql<PaymentRow & { order_id: number }>`
            select id, order_id, state, amount, reason, receipt from payments
            where order_id > ${after} and order_id <= coalesce((
              select max(order_id) from (
                select order_id from payments where order_id > ${after} order by order_id limit ${limit}
              ) as page
            ), 0)
            order by order_id, id`.execute(payment)
          return rows
        },
        right: async (after, upTo) =>
          (
            await sql<OrderRow & { order_id: number }>`
              select id as order_id, status, total_price, paid_by_payment_id from orders
              where id > ${after} and id <= ${upTo} order by id`.execute(order)
          ).rows,
        compare: (orderId, payments, [row]) =>
          faults(payments, row).map((message) => ({ invariant: 'I5', subject: `order ${orderId}`, message })),
      }),
  },
]

function faults(payments: PaymentRow[], order: OrderRow | undefined): string[] {
  if (order === undefined) return [`has payments (${payments.map(({ id }) => id).join(', ')}) and does not exist`]
  const found: string[] = []
  const isPaid = ['paid', 'confirming', 'confirmed'].includes(order.status)
  const named = payments.find((payment) => payment.id === order.paid_by_payment_id)

  for (const { id, state, reason } of payments) {
    if (state === 'completed' && !(isPaid && id === order.paid_by_payment_id)) {
      found.push(`is ${order.status} and payment ${id} is completed beside it`)
    }
    if ((state === 'refund_due' || state === 'refunded') && reason === null)
      found.push(`payment ${id} is ${state} without a reason`)
    if (state === 'open' && order.status !== 'awaiting_payment')
      found.push(`is ${order.status} and payment ${id} is open`)
  }
  if (isPaid && named?.state !== 'completed') {
    found.push(`is ${order.status} and its payment ${order.paid_by_payment_id} is ${named?.state ?? 'missing'}`)
  }
  if (isPaid && named !== undefined && named.amount !== order.total_price) {
    found.push(`costs ${order.total_price} and its payment ${named.id} is of ${named.amount}`)
  }
  if (order.status === 'canceled' && order.paid_by_payment_id !== null) {
    const isGivenBack = named?.state === 'refund_due' || named?.state === 'refunded'
    if (!isGivenBack) found.push(`was canceled after it was paid, and its payment is ${named?.state ?? 'missing'}`)
  }
  for (const { id, state, receipt } of payments) {
    const isAccountedFor = ['completed', 'refund_due', 'refunded'].includes(state)
    if (receipt !== null && !isAccountedFor) found.push(`money arrived for payment ${id}, which is ${state}`)
  }
  return found
}
