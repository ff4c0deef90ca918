import type { Decision, OrderToDecide } from '@kakilima/contracts/inventory'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { noteStockChange } from '../stock/note-stock-change.ts'
import { decide, mergeLines, type OrderableProduct } from './reservation.ts'

const maxTries = 5

/**
 * Decides a batch of orders and stores one decision for each. Orders that were decided before, by whomever, keep their stored answer;
 * an order released before it was decided stays released. Returns the decisions in the order of asking.
 */
export async function decideBatch(db: Db<InventoryTables>, orders: OrderToDecide[]): Promise<Decision[]> {
  const wanted = new Map(orders.map((order) => [order.order_id, { ...order, lines: mergeLines(order.lines) }]))
  for (let attempt = 1; attempt <= maxTries; attempt++) {
    try {
      const decisions = await inTransaction(db, (tx) => tryToDecide(tx, [...wanted.values()]))
      return orders.map(({ order_id }) => decisions.get(order_id)!)
    } catch (error) {
      if (!(error instanceof DecidedMeanwhile)) throw error
    }
  }
  throw new Error(
    `a batch of ${orders.length} orders was decided elsewhere ${maxTries} times while it was being decided here`,
  )
}

/** Thrown to roll back when others decided an order of the batch at the same moment. */
class DecidedMeanwhile extends Error {}

async function tryToDecide(tx: Db<InventoryTables>, orders: OrderToDecide[]): Promise<Map<number, Decision>> {
  const products = await lockProducts(tx, [
    ...new Set(orders.flatMap((order) => order.lines.map((line) => line.product_id))),
  ])
  // Looked up behind the locks: whoever decided one of these orders at the same moment has committed by now.
  const earlier = await storedDecisions(
    tx,
    orders.map((order) => order.order_id),
  )
  const fresh = orders.filter((order) => !earlier.has(order.order_id))
  if (fresh.length === 0) return earlier

  const { decisions, reservedUnits } = decide(fresh, products)
  if (reservedUnits.size > 0) {
    const ids = [...reservedUnits.keys()]
    await sql`
      update products p set reserved = p.reserved + d.quantity, version = p.version + 1, updated_at = clock_timestamp()
      from unnest(${ids}::int8[], ${[...reservedUnits.values()]}::int8[]) as d(id, quantity) where p.id = d.id`.execute(
      tx,
    )
    await noteStockChange(tx, ids)
  }
  const { numAffectedRows } = await sql`
    insert into decisions (order_id, state, reason, lines, shortages)
    select order_id, state, reason, lines, shortages
    from jsonb_to_recordset(${JSON.stringify(decisions)}::jsonb)
      as d(order_id int8, state text, reason text, lines jsonb, shortages jsonb)
    on conflict do nothing`.execute(tx)
  // Locks on products don't cover an order of unknown products, nor one that is being released for the first time: then start over.
  if (Number(numAffectedRows) < decisions.length) throw new DecidedMeanwhile()
  return new Map([...earlier, ...decisions.map((decision) => [decision.order_id, decision] as const)])
}

// In id order, so that two batches never wait for each other. Deleted and unpublished products are left out under the lock.
async function lockProducts(tx: Db<InventoryTables>, ids: number[]): Promise<OrderableProduct[]> {
  const { rows } = await sql<OrderableProduct>`
    select id, name, price, available from (
      select id, name, price, stock - reserved as available, status, deleted_at
      from products where id = any(${ids}::int8[]) order by id for no key update
    ) as locked
    where status = 'published' and deleted_at is null`.execute(tx)
  return rows
}

async function storedDecisions(tx: Db<InventoryTables>, orderIds: number[]): Promise<Map<number, Decision>> {
  const { rows } = await sql<Decision>`
    select order_id, state, reason, lines, shortages from decisions where order_id = any(${orderIds}::int8[])`.execute(
    tx,
  )
  return new Map(rows.map((row) => [row.order_id, row]))
}
