import { paymentMethods } from '@kakilima/contracts/payment'
import type { SalesReport } from '@kakilima/contracts/order/sales-report'
import { insertOrder } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { OrderTables } from '../database.ts'
import { reportSales } from './report-sales.ts'
import { createReports } from './make-one-at-a-time.ts'

const db = await testDatabase<OrderTables>('order')
const statuses = ['awaiting_payment', 'paid', 'confirming', 'confirmed', 'expired', 'canceled', 'rejected']
const zones = ['Asia/Jakarta', 'UTC', 'America/New_York', 'Pacific/Kiritimati', 'Asia/Kathmandu']

/** The report, said once more as plainly as SQL can, day by day. */
async function plainDays(days: number, zone: string): Promise<SalesReport['days']> {
  const on = (column: string) => sql.raw(`(${column} at time zone '${zone}')::date = d.day`)
  const isKept = sql`status in ('paid', 'confirming', 'confirmed')`
  const { rows } = await sql<SalesReport['days'][number]>`
    select to_char(d.day, 'YYYY-MM-DD') as day,
      (select count(*) from orders where ${on('created_at')}) as placed,
      (select count(*) from orders where ${on('created_at')} and ${isKept}) as placed_and_paid,
      (select count(*) from orders where ${on('paid_at')} and ${isKept}) as paid,
      (select coalesce(sum(total_price), 0)::int8 from orders where ${on('paid_at')} and ${isKept}) as revenue,
      (select coalesce(sum(quantity), 0)::int8 from orders where ${on('paid_at')} and ${isKept}) as units,
      (select count(*) from orders where ${on('ended_at')} and status = 'expired') as expired,
      (select count(*) from orders where ${on('ended_at')} and status = 'canceled') as canceled,
      (select count(*) from orders where ${on('ended_at')} and status = 'rejected') as rejected
    from (
      select (now() at time zone ${zone})::date - n as day from generate_series(${days - 1}::int, 0, -1) as n
    ) as d`.execute(db)
  return rows
}

describe('reports of orders around midnight, in zones far apart', () => {
  beforeAll(async () => {
    await sql`truncate orders, outbox`.execute(db)
    let id = 0
    for (const zone of zones) {
      for (const minutes of [-1441, -721, -61, -1, 0, 1, 59, 719]) {
        for (const daysAgo of [0, 1, 6, 7, 29, 30]) {
          const status = statuses[++id % statuses.length]!
          const midnight = sql`((now() at time zone ${zone})::date - ${daysAgo}::int)::timestamp at time zone ${zone}`
          const at = sql`least(now(), ${midnight} + ${minutes} * interval '1 minute')`
          const isPaid = ['paid', 'confirming', 'confirmed', 'canceled'].includes(status)
          const lines = [
            { product_id: id % 13, name: `Kopi ${id % 26}`, unit_price: 1000 + (id % 5), quantity: 1 + (id % 4) },
            { product_id: 100, name: 'Kantong', unit_price: 100, quantity: 1 },
          ]
          await insertOrder(db, id, {
            status,
            lines: JSON.stringify(lines),
            quantity: lines[0]!.quantity + 1,
            total_price: lines[0]!.unit_price * lines[0]!.quantity + 100,
            payment_method: paymentMethods[id % 5],
            created_at: sql`${at} - interval '30 minutes'`,
            reserved_at: sql`${at} - interval '30 minutes'`,
            paid_by_payment_id: isPaid ? id : null,
            paid_at: isPaid ? at : null,
            confirmed_at: status === 'confirmed' ? at : null,
            ended_at: ['expired', 'canceled', 'rejected'].includes(status) ? at : null,
            updated_at: at,
          })
        }
      }
    }
  })

  test.each(zones.flatMap((zone) => [1, 2, 7, 31, 366].map((days) => [days, zone] as const)))(
    'of %i days in %s hold what plain SQL counts',
    async (days, time_zone) => {
      const report = await reportSales(db, { days, time_zone })
      const plain = await plainDays(days, time_zone)
      expect(report.days).toEqual(plain)
      expect([report.days.length, report.first_day, report.last_day]).toEqual([days, plain[0]!.day, plain.at(-1)!.day])
      const sum = (count: (day: SalesReport['days'][number]) => number) =>
        plain.reduce((all, day) => all + count(day), 0)
      const ofMethods = report.payment_methods
      expect(ofMethods.reduce((all, { orders }) => all + orders, 0)).toBe(sum((day) => day.paid))
      expect(ofMethods.reduce((all, { revenue }) => all + revenue, 0)).toBe(sum((day) => day.revenue))
      expect(ofMethods.map(({ revenue }) => revenue)).toEqual(
        ofMethods.map(({ revenue }) => revenue).toSorted((a, b) => b - a),
      )
    },
  )

  test('name the ten products of which most were paid, as they were called last', async () => {
    const { best_sellers, first_day } = await reportSales(db, { days: 7, time_zone: 'Asia/Jakarta' })
    const { rows } = await sql<SalesReport['best_sellers'][number]>`
      with lines as (
        select o.id, (line->>'product_id')::int8 as product_id, line->>'name' as name, (line->>'quantity')::int8 as quantity,
          (line->>'unit_price')::int8 as unit_price
        from orders o, jsonb_array_elements(lines) as line
        where status in ('paid', 'confirming', 'confirmed') and (paid_at at time zone 'Asia/Jakarta')::date >= ${first_day}::date
      )
      select product_id, (select name from lines n where n.product_id = l.product_id order by id desc limit 1) as name,
        sum(quantity)::int8 as quantity, sum(quantity * unit_price)::int8 as revenue
      from lines l group by product_id order by quantity desc, product_id limit 10`.execute(db)
    expect(rows).toHaveLength(10)
    expect(best_sellers).toEqual(rows)
  })
})

describe('a report', () => {
  beforeEach(async () => {
    await sql`truncate orders, outbox`.execute(db)
  })

  test('of a shop without orders has its days, and nothing else', async () => {
    const report = await reportSales(db, { days: 3, time_zone: 'Asia/Jakarta' })
    expect(report.days.map(({ day: _, ...counts }) => Object.values(counts))).toEqual(Array(3).fill(Array(8).fill(0)))
    expect([report.best_sellers, report.payment_methods]).toEqual([[], []])
  })

  test.each(['Asia/Nowhere', 'Jakarta', 'X', 'GMT+7', 'XYZ+99'])('F9 in the zone %s is refused', async (time_zone) => {
    await expect(reportSales(db, { days: 3, time_zone })).rejects.toMatchObject({ type: 'invalid-input' })
  })

  test('of more money than an integer holds is told all the same', async () => {
    for (const id of [1, 2]) await insertOrder(db, id, { status: 'paid', total_price: 9_000_000_000_000_000 })
    const { days } = await reportSales(db, { days: 1, time_zone: 'UTC' })
    expect(days[0]!.revenue).toBe(18_000_000_000_000_000)
  })

  test('that is asked for while it is made is made once, and another is made after it', async () => {
    const reports = createReports(db)
    const query = { days: 3, time_zone: 'Asia/Jakarta' }
    const first = reports.sales(query)
    expect(reports.sales(query)).toBe(first)
    await expect(reports.sales({ ...query, time_zone: 'Asia/Nowhere' })).rejects.toMatchObject({
      type: 'invalid-input',
    })
    await insertOrder(db, 1, { status: 'paid' })
    expect((await reports.sales(query)).days[2]!.paid).toBe(1)
    expect((await first).days[2]!.paid).toBe(0)
  })
})
