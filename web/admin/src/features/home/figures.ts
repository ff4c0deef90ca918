import type { SalesDay, SalesReport } from '@kakilima/contracts/order/sales-report'

/** What happened in one day or in many. `basket` and `conversion` are undefined where there is nothing to take the mean of. */
export type Figures = {
  revenue: number
  placed: number
  placedAndPaid: number
  paid: number
  expired: number
  /** Rupiah per paid order. */
  basket: number | undefined
  /** How many of those that were placed are paid, 0 to 1. */
  conversion: number | undefined
}

export function figuresOf(days: readonly SalesDay[]): Figures {
  const sum = (of: (day: SalesDay) => number) => days.reduce((total, day) => total + of(day), 0)
  const [revenue, placed, paid] = [sum((day) => day.revenue), sum((day) => day.placed), sum((day) => day.paid)]
  const placedAndPaid = sum((day) => day.placed_and_paid)
  return {
    revenue,
    placed,
    placedAndPaid,
    paid,
    expired: sum((day) => day.expired),
    basket: paid === 0 ? undefined : Math.round(revenue / paid),
    conversion: placed === 0 ? undefined : placedAndPaid / placed,
  }
}

/** Today, yesterday and all days of a report, whose last day is today. */
export function periodsOf({ days }: SalesReport): { today: Figures; yesterday: Figures; all: Figures } {
  return { today: figuresOf(days.slice(-1)), yesterday: figuresOf(days.slice(-2, -1)), all: figuresOf(days) }
}
