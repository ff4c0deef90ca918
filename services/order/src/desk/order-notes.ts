import type { Actor } from '@kakilima/contracts/audit-log'
import type { OrderNote } from '@kakilima/contracts/order/desk'
import type { ListQuery } from '@kakilima/contracts/lists'
import { addToAuditLog } from '@kakilima/kit/audit-log'
import { page } from '@kakilima/kit/lists'
import { currentRequest } from '@kakilima/kit/request-context'
import { inTransaction } from '@kakilima/kit/transaction'
import type { Selectable } from 'kysely'
import type { OrderTables } from '../database.ts'
import { findOrder } from '../orders/find-order.ts'
import { findPeople } from './customers.ts'
import type { DeskDeps } from './list-desk-orders.ts'

/** Adds a note of whoever of the staff asks. Throws `order-not-found`. */
export async function addOrderNote(deps: DeskDeps, orderId: number, text: string): Promise<OrderNote> {
  await findOrder(deps.db, deps.queue, orderId)
  const author_id = currentRequest()?.actorId ?? null
  const row = await inTransaction(deps.db, async (tx) => {
    const note = await tx
      .insertInto('order_notes')
      .values({ order_id: orderId, author_id, text: text.trim() })
      .returningAll()
      .executeTakeFirstOrThrow()
    const after = { note_id: note.id, text: note.text }
    await addToAuditLog(tx, { action: 'order.add_note', subject_id: orderId, before: null, after })
    return note
  })
  return (await withAuthors(deps, [row]))[0]!
}

/** A page of an order's notes. Throws `order-not-found`. */
export async function listOrderNotes(
  deps: DeskDeps,
  orderId: number,
  paging: ListQuery,
): Promise<{ rows: OrderNote[]; hasMore: boolean }> {
  await findOrder(deps.db, deps.queue, orderId)
  const notes = deps.db.selectFrom('order_notes').selectAll().where('order_id', '=', orderId)
  const { rows, hasMore } = await page(notes, 'id', paging)
  return { rows: await withAuthors(deps, rows), hasMore }
}

async function withAuthors(deps: DeskDeps, rows: Selectable<OrderTables['order_notes']>[]): Promise<OrderNote[]> {
  const actorOf = await findActors(
    deps,
    rows.map((row) => row.author_id),
  )
  return rows.map(({ author_id, ...note }) => ({ ...note, author: actorOf(author_id) }))
}

/** Who these are of the staff. A name is empty while the user service is away, and null stays null. */
export async function findActors(deps: DeskDeps, ids: (number | null)[]): Promise<(id: number | null) => Actor | null> {
  const people = await findPeople(
    deps,
    ids.filter((id) => id !== null),
  )
  return (id) => (id === null ? null : { id, name: people?.get(id)?.name ?? '' })
}
