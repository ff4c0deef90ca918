import type { MovementReason } from '@kakilima/contracts/stock-movements'
import type { Db } from '@kakilima/kit/database'
import { currentRequest } from '@kakilima/kit/request-context'
import type { InventoryTables } from '../database.ts'
import { noteStockChange } from './note-stock-change.ts'

export type StaffMovement = {
  product_id: number
  quantity: number
  reason: Exclude<MovementReason, 'initial' | 'sale'>
  note: string | null
}

/**
 * Writes changes of units on hand that staff made to the ledger, and notes them to be told. For the transaction that makes them and has
 * locked their products. Who asked is known from the request.
 */
export async function addMovements(tx: Db<InventoryTables>, movements: StaffMovement[]): Promise<void> {
  if (movements.length === 0) return
  const actor_id = currentRequest()?.actorId ?? null
  await tx
    .insertInto('stock_movements')
    .values(movements.map((movement) => ({ ...movement, actor_id })))
    .execute()
  await noteStockChange(
    tx,
    movements.map(({ product_id }) => product_id),
  )
}
