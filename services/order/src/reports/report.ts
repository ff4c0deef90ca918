import type { OrderStatus } from '@kakilima/contracts/order/order'
import type { PaymentMethod } from '@kakilima/contracts/payment'
import type { SalesDay, SalesReport } from '@kakilima/contracts/order/sales-report'

/** Orders that are alike, together: the number of the day on which they went a step counts from 1, and 0 is none of the days. */
export type Group = {
  placed_on: number
  paid_on: number
  ended_on: number
  status: Exclude<OrderStatus, 'queued'>
  payment_method: PaymentMethod | null
  orders: number
  revenue: number
  units: number
}

/** Adds groups of orders up to days, each of which is there, and to payment methods, the one that brought most first. */
export function addUp(names: string[], groups: Group[]): Pick<SalesReport, 'days' | 'payment_methods'> {
  const days = names.map((day): SalesDay => ({
    day,
    placed: 0,
    placed_and_paid: 0,
    paid: 0,
    revenue: 0,
    units: 0,
    expired: 0,
    canceled: 0,
    rejected: 0,
  }))
  const methods = new Map<PaymentMethod, SalesReport['payment_methods'][number]>()
  for (const { placed_on, paid_on, ended_on, status, payment_method, orders, revenue, units } of groups) {
    const isKept = status === 'paid' || status === 'confirming' || status === 'confirmed'
    const [placed, paid, ended] = [days[placed_on - 1], days[paid_on - 1], days[ended_on - 1]]
    if (placed !== undefined) {
      placed.placed += orders
      if (isKept) placed.placed_and_paid += orders
    }
    if (ended !== undefined && (status === 'expired' || status === 'canceled' || status === 'rejected'))
      ended[status] += orders
    if (paid === undefined || !isKept) continue
    paid.paid += orders
    paid.revenue += revenue
    paid.units += units
    if (payment_method === null) continue
    const method = methods.get(payment_method) ?? { payment_method, orders: 0, revenue: 0 }
    methods.set(payment_method, {
      payment_method,
      orders: method.orders + orders,
      revenue: method.revenue + revenue,
    })
  }
  return { days, payment_methods: [...methods.values()].toSorted((one, other) => other.revenue - one.revenue) }
}
