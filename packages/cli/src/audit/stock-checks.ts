import { sql } from 'kysely'
import type { Check } from './check.ts'

/** I3: what is promised and what is on the shelf, within the inventory database. */
export const stockChecks: Check[] = [
  {
    invariant: 'I3',
    holds: 'reserved is within the stock and the sum of the reserved decisions; stock is the sum of the ledger',
    async find({ inventory }) {
      const { rows } = await sql<{ id: number; stock: number; reserved: number; promised: number; moved: number }>`
        with promised as (
          select product_id, sum(quantity)::int8 as units
          from decisions, jsonb_to_recordset(lines) as line(product_id int8, quantity int8)
          where state = 'reserved' group by product_id
        ), moved as (
          select product_id, sum(quantity)::int8 as units from stock_movements group by product_id
        )
        select id, stock, reserved, coalesce(promised.units, 0) as promised, coalesce(moved.units, 0) as moved
        from products
        left join promised on promised.product_id = id
        left join moved on moved.product_id = id
        where reserved < 0 or reserved > stock
          or reserved <> coalesce(promised.units, 0) or stock <> coalesce(moved.units, 0)
        order by id`.execute(inventory)
      return rows.map(({ id, stock, reserved, promised, moved }) => ({
        invariant: 'I3',
        subject: `product ${id}`,
        message: `stock ${stock}, reserved ${reserved}, reserved by decisions ${promised}, sum of the ledger ${moved}`,
      }))
    },
  },
  {
    invariant: 'I3',
    holds: 'what a consumed decision took is in the ledger once, and nothing else was sold',
    async find({ inventory }) {
      const { rows } = await sql<{ order_id: number; product_id: number; taken: number; sold: number }>`
        with taken as (
          select order_id, product_id, sum(quantity)::int8 as units
          from decisions, jsonb_to_recordset(lines) as line(product_id int8, quantity int8)
          where state = 'consumed' group by order_id, product_id
        ), sold as (
          select order_id, product_id, -sum(quantity)::int8 as units
          from stock_movements where reason = 'sale' group by order_id, product_id
        )
        select order_id, product_id, coalesce(taken.units, 0) as taken, coalesce(sold.units, 0) as sold
        from taken full join sold using (order_id, product_id)
        where taken.units is distinct from sold.units
        order by order_id`.execute(inventory)
      return rows.map(({ order_id, product_id, taken, sold }) => ({
        invariant: 'I3',
        subject: `order ${order_id}`,
        message: `took ${taken} units of product ${product_id} by its decision and ${sold} by the ledger`,
      }))
    },
  },
]
