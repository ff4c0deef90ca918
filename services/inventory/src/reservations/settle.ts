import type { Decision } from '@kakilima/contracts/inventory'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { noteStockChange } from '../stock/note-stock-change.ts'

const maxTries = 5

/**
 * Gives the units of orders back: they can be sold again. Orders that were released, rejected or consumed before stay as they are; one
 * that is not known yet is stored as released, so that a reservation which comes late is refused. Returns the decisions as they are now.
 */
export async function release(db: Db<InventoryTables>, orderIds: number[]): Promise<Decision[]> {
  for (let attempt = 1; attempt <= maxTries; attempt++) {
    const decisions = await inTransaction(db, (tx) => tryToRelease(tx, orderIds))
    // An order that was being decided while this looked for it is reserved by now: once more, and it is found.
    if (decisions.every((decision) => decision.state !== 'reserved')) return decisions
  }
  throw new Error(`orders were decided ${maxTries} times while they were being released`)
}

async function tryToRelease(tx: Db<InventoryTables>, orderIds: number[]): Promise<Decision[]> {
  const units = await moveReserved(tx, orderIds, 'released')
  await sql`
    update products p set reserved = p.reserved - d.quantity, version = p.version + 1, updated_at = clock_timestamp()
    from unnest(${units.ids}::int8[], ${units.quantities}::int8[]) as d(id, quantity) where p.id = d.id`.execute(tx)
  await noteStockChange(tx, units.ids)
  // Last, behind the locks on products, which is the order in which a batch of decisions takes them too.
  await sql`
    insert into decisions (order_id, state, lines)
    select order_id, 'released', '[]' from unnest(${orderIds}::int8[]) as order_id order by order_id
    on conflict do nothing`.execute(tx)
  return decisionsOf(tx, orderIds)
}

/**
 * Takes the units of confirmed orders from the shelf: stock and reserved fall together, with a movement in the ledger for each line.
 * Orders that hold nothing (any more) stay as they are. Returns the decisions as they are now.
 */
export async function consume(db: Db<InventoryTables>, orderIds: number[]): Promise<Decision[]> {
  return inTransaction(db, async (tx) => {
    const units = await moveReserved(tx, orderIds, 'consumed')
    await sql`
      update products p set stock = p.stock - d.quantity, reserved = p.reserved - d.quantity,
        version = p.version + 1, updated_at = clock_timestamp()
      from unnest(${units.ids}::int8[], ${units.quantities}::int8[]) as d(id, quantity) where p.id = d.id`.execute(tx)
    await sql`
      insert into stock_movements (product_id, quantity, reason, order_id)
      select line.product_id, -line.quantity, 'sale', order_id
      from decisions, jsonb_to_recordset(lines) as line(product_id int8, quantity int8)
      where order_id = any(${units.orderIds}::int8[])`.execute(tx)
    await noteStockChange(tx, units.ids)
    return decisionsOf(tx, orderIds)
  })
}

type Units = { orderIds: number[]; ids: number[]; quantities: number[] }

/**
 * Moves those of the orders that are reserved to another state and locks their products in id order. Each order moves once, whoever
 * else tries. Returns the orders that moved and the units that they held, by product.
 */
async function moveReserved(tx: Db<InventoryTables>, orderIds: number[], to: 'released' | 'consumed'): Promise<Units> {
  const { rows: moved } = await sql<{ order_id: number; lines: Decision['lines'] }>`
    update decisions set state = ${to}, updated_at = clock_timestamp()
    where order_id in (
      select order_id from decisions
      where order_id = any(${orderIds}::int8[]) and state = 'reserved' order by order_id for update
    )
    returning order_id, lines`.execute(tx)
  const held = new Map<number, number>()
  for (const { product_id, quantity } of moved.flatMap((row) => row.lines))
    held.set(product_id, (held.get(product_id) ?? 0) + quantity)
  const ids = [...held.keys()]
  await sql`select from products where id = any(${ids}::int8[]) order by id for no key update`.execute(tx)
  return { orderIds: moved.map((row) => row.order_id), ids, quantities: [...held.values()] }
}

async function decisionsOf(tx: Db<InventoryTables>, orderIds: number[]): Promise<Decision[]> {
  const { rows } = await sql<Decision>`
    select order_id, state, reason, lines, shortages from decisions
    where order_id = any(${orderIds}::int8[]) order by order_id`.execute(tx)
  return rows
}
