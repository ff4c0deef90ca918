import { problem } from '@kakilima/contracts/problems'
import type { SalesReport, SalesReportQuery } from '@kakilima/contracts/order/sales-report'
import { isTimeZone } from '@kakilima/contracts/time-zone'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { OrderTables } from '../database.ts'
import { addUp, type Group } from './report.ts'

const mostBestSellers = 10
/** An order may have been accepted by another clock than that of this database, which wrote `updated_at`. */
const clocksDiffer = sql`interval '1 hour'`

type Days = { bounds: string[]; names: string[] }

/**
 * What was sold in the last days, today among them, as days begin in a time zone. Reads the orders that changed since the first day and no
 * others: a month of 80,000
 * orders takes 0.3 s of one processor, a year of a million 4 s. Throws `invalid-input`
 * for an unknown zone.
 */
export async function reportSales(
  db: Db<OrderTables>,
  { days: count, time_zone }: SalesReportQuery,
): Promise<SalesReport> {
  const { bounds, names } = await findDays(db, count, time_zone)
  const from = bounds[0]!
  // From zero, which is before the first day, on; a time that is null is on none.
  const dayOf = (column: 'created_at' | 'paid_at' | 'ended_at') =>
    sql`coalesce(width_bucket(${sql.ref(column)}, ${bounds}::timestamptz[]), 0)`
  const { rows: groups } = await sql<Group>`
    select ${dayOf('created_at')} as placed_on, ${dayOf('paid_at')} as paid_on, ${dayOf('ended_at')} as ended_on,
      status, payment_method, count(*) as orders, sum(total_price)::float8 as revenue, sum(quantity)::float8 as units
    from orders
    where updated_at >= ${from}::timestamptz - ${clocksDiffer}
    group by 1, 2, 3, status, payment_method`.execute(db)
  const { rows: best_sellers } = await sql<SalesReport['best_sellers'][number]>`
    with sold as (
      select product_id, name, max(id) as last_id, sum(line.quantity) as quantity,
        sum(line.quantity::numeric * unit_price) as revenue
      from orders cross join lateral
        jsonb_to_recordset(lines) as line(product_id int8, name text, unit_price int8, quantity int8)
      where updated_at >= ${from}::timestamptz - ${clocksDiffer} and paid_at >= ${from}::timestamptz
        and paid_at < ${bounds.at(-1)!}::timestamptz and status in ('paid', 'confirming', 'confirmed')
      group by product_id, name
    )
    -- One that was renamed is called as in its last order.
    select product_id, (array_agg(name order by last_id desc))[1] as name, sum(quantity)::float8 as quantity,
      sum(revenue)::float8 as revenue
    from sold group by product_id order by sum(quantity) desc, product_id limit ${mostBestSellers}`.execute(db)
  return {
    time_zone,
    first_day: names[0]!,
    last_day: names.at(-1)!,
    ...addUp(names, groups),
    best_sellers,
  }
}

/** The names of the days, and when each begins; at the end when the last one ends. */
async function findDays(db: Db<OrderTables>, count: number, timeZone: string): Promise<Days> {
  if (!isTimeZone(timeZone)) throw problem('invalid-input', `There is no time zone ${timeZone}`)
  const { rows } = await sql<{ name: string; begins_at: string }>`
    select to_char(day, 'YYYY-MM-DD') as name, day at time zone ${timeZone} as begins_at
    from (
      select (clock_timestamp() at time zone ${timeZone})::date::timestamp - n * interval '1 day' as day
      from generate_series(-1, ${count}::int - 1) as n
    ) as days order by day`.execute(db)
  return { bounds: rows.map((row) => row.begins_at), names: rows.slice(0, -1).map((row) => row.name) }
}
