import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import { hashOf, keyReused } from './idempotency.ts'
import type { NewOrder } from './queue.ts'

type Keyed = { userId: number; idempotencyKey: string; bodyHash: string }

/**
 * Writes a group of orders in one statement. Returns an id for each, or a problem where a key was used with another body. Orders of one
 * user and key become one, whether they stand in the group together, were written before or are being written by somebody else.
 */
export async function appendGroup(
  db: Db<any>,
  takeIds: (count: number) => Promise<number[]>,
  orders: NewOrder[],
): Promise<(number | Error)[]> {
  const hashed = orders.map((order) => ({ ...order, bodyHash: order.idempotencyKey === null ? null : hashOf(order) }))
  // One entry for each user and key; orders without a key stand for themselves.
  const entries = new Map<string | symbol, (typeof hashed)[number] & { orderId: number }>()
  const names = hashed.map((order) => nameOf(order))
  const ids = await takeIds(new Set(names).size)
  for (const [index, order] of hashed.entries()) {
    const name = names[index]!
    if (!entries.has(name)) entries.set(name, { ...order, orderId: ids[entries.size]! })
  }

  const written = await insert(db, [...entries.values()])
  const known = await findKeys(
    db,
    [...entries.values()].filter((entry): entry is typeof entry & Keyed => !written.has(entry.orderId)),
  )
  return hashed.map((order, index) => {
    const entry = entries.get(names[index]!)!
    const kept = written.has(entry.orderId)
      ? { orderId: entry.orderId, bodyHash: entry.bodyHash }
      : known.get(names[index]!)
    if (kept === undefined) return new Error('an order was neither written nor found under its idempotency key')
    return kept.bodyHash === order.bodyHash ? kept.orderId : keyReused()
  })
}

function nameOf({ userId, idempotencyKey }: NewOrder): string | symbol {
  return idempotencyKey === null ? Symbol('no key') : `${userId} ${idempotencyKey}`
}

// Keys are looked up before they are inserted: a conflict burns a position, which the worker then has to ask after.
// They are inserted in one order, or two groups with the same keys could wait for each other.
async function insert(
  db: Db<any>,
  entries: {
    orderId: number
    userId: number
    body: unknown
    idempotencyKey: string | null
    bodyHash: string | null
  }[],
): Promise<Set<number>> {
  const { rows } = await sql<{ order_id: number }>`
    insert into new_orders (order_id, user_id, body, idempotency_key, body_hash)
    select "orderId", "userId", body, "idempotencyKey", "bodyHash"
    from jsonb_to_recordset(${JSON.stringify(entries)}::jsonb)
      as n("orderId" int8, "userId" int8, body jsonb, "idempotencyKey" text, "bodyHash" text)
    where "idempotencyKey" is null or not exists (
      select from new_orders o where o.user_id = "userId" and o.idempotency_key = "idempotencyKey"
    )
    order by "userId", "idempotencyKey", "orderId"
    on conflict (user_id, idempotency_key) where idempotency_key is not null do nothing
    returning order_id`.execute(db)
  return new Set(rows.map((row) => row.order_id))
}

export type KnownOrder = { orderId: number; bodyHash: string }

/** What was ordered before under the keys of these orders: for each of them what is known, or undefined. */
export async function findKnown(db: Db<any>, orders: NewOrder[]): Promise<(KnownOrder | undefined)[]> {
  const keyed = orders.filter(
    (order): order is NewOrder & Pick<Keyed, 'idempotencyKey'> => order.idempotencyKey !== null,
  )
  const known = await findKeys(db, keyed)
  return orders.map((order) => known.get(nameOf(order)))
}

async function findKeys(
  db: Db<any>,
  keyed: Pick<Keyed, 'userId' | 'idempotencyKey'>[],
): Promise<Map<string | symbol, KnownOrder>> {
  if (keyed.length === 0) return new Map()
  const { rows } = await sql<{ order_id: number; user_id: number; idempotency_key: string; body_hash: string }>`
    select order_id, user_id, idempotency_key, body_hash from new_orders
    join unnest(${keyed.map((entry) => entry.userId)}::int8[], ${keyed.map((entry) => entry.idempotencyKey)}::text[])
      as wanted(user_id, idempotency_key) using (user_id, idempotency_key)`.execute(db)
  return new Map(
    rows.map((row) => [`${row.user_id} ${row.idempotency_key}`, { orderId: row.order_id, bodyHash: row.body_hash }]),
  )
}
