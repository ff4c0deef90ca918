import { randomUUID } from 'node:crypto'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'

/** Stores a product with its first movement in the ledger. Returns its id. */
export async function insertProduct(
  db: Db<any>,
  { stock = 10, price = 1000, name = 'Kopi susu', ...fields }: Record<string, any> = {},
): Promise<number> {
  const { id } = await db
    .insertInto('products')
    .values({ name, price, stock, slug: randomUUID(), ...fields })
    .returning('id')
    .executeTakeFirstOrThrow()
  if (stock > 0) {
    await db.insertInto('stock_movements').values({ product_id: id, quantity: stock, reason: 'initial' }).execute()
  }
  return id
}

/**
 * Stores an order of two units with the one event that led to its status. `expiresInMs` sets the deadline from now on, by the clock of
 * the database; without it there is none.
 */
export async function insertOrder(
  db: Db<any>,
  id: number,
  { status = 'awaiting_payment', expiresInMs, ...fields }: Record<string, any> = {},
): Promise<void> {
  const isPaid = ['paid', 'confirming', 'confirmed'].includes(status)
  const now = sql`clock_timestamp()`
  const hasEnded = ['rejected', 'expired', 'canceled'].includes(status)
  const deadline = sql`clock_timestamp() + ${expiresInMs ?? 0}::float8 * interval '1 millisecond'`
  const order = await db
    .insertInto('orders')
    .values({
      id,
      user_id: 7,
      status,
      lines: JSON.stringify([{ product_id: 1, name: 'Kopi susu', unit_price: 1000, quantity: 2 }]),
      quantity: 2,
      total_price: 2000,
      created_at: now,
      expires_at: expiresInMs === undefined ? null : deadline,
      paid_by_payment_id: isPaid ? id : null,
      paid_at: isPaid ? now : null,
      confirmed_at: status === 'confirmed' ? now : null,
      ended_at: hasEnded ? now : null,
      reason: status === 'rejected' ? 'insufficient-stock' : null,
      ...fields,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  const type = status === 'awaiting_payment' ? 'order.placed' : `order.${status}`
  await db
    .insertInto('outbox')
    .values({ type, subject_id: id, version: order.version, data: JSON.stringify(order), due_at: null })
    .execute()
}

/** The events of one subject in the order of its versions: `order.paid 2`. */
export async function eventsOf(db: Db<any>, subjectId: number): Promise<string[]> {
  const rows = await db
    .selectFrom('outbox')
    .select(['type', 'version'])
    .where('subject_id', '=', subjectId)
    .orderBy('version')
    .orderBy('id')
    .execute()
  return rows.map(({ type, version }) => `${type} ${version}`)
}

/** The types of the events whose follow-up is still to be done. */
export async function dueEvents(db: Db<any>): Promise<string[]> {
  const rows = await db.selectFrom('outbox').select('type').where('due_at', 'is not', null).orderBy('id').execute()
  return rows.map((row) => row.type)
}

/** Makes the relay see at once to what it would see to in a few seconds. */
export async function makeDue(db: Db<any>): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ due_at: sql`clock_timestamp()` })
    .where('due_at', 'is not', null)
    .execute()
}
