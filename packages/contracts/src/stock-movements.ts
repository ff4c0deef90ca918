import Type, { type Static } from 'typebox'
import { Actor } from './audit-log.ts'
import { Id } from './ids.ts'
import { nullable } from './nullable.ts'
import { text, Timestamp } from './text.ts'

/** Why staff change the units on hand by a difference. A `count` says what was found: `stock` of a product set by hand is one, too. */
const adjustmentReasons = ['adjustment', 'restock', 'damage', 'loss', 'return', 'count'] as const
export const AdjustmentReason = Type.Enum([...adjustmentReasons])
export type AdjustmentReason = Static<typeof AdjustmentReason>

/** All reasons in the ledger: also the first stock of a product, and what an order took. */
export const MovementReason = Type.Enum(['initial', 'sale', ...adjustmentReasons])
export type MovementReason = Static<typeof MovementReason>

const movement = {
  id: Id,
  product_id: Id,
  product_name: Type.String({ description: 'as it is called today' }),
  quantity: Type.Integer({ description: 'signed change of the units on hand' }),
  balance: nullable(
    Type.Integer({
      description: 'the units on hand after it; only where one product is asked for, whatever the reason',
    }),
  ),
  reason: MovementReason,
  note: nullable(Type.String()),
  order_id: nullable(Type.Integer({ description: 'the order that took the units, of a sale' })),
  created_at: Timestamp,
}

/** A movement as the inventory service knows it: who made it by the id alone. */
export const LedgerMovement = Type.Object({ ...movement, actor_id: nullable(Id) })
export type LedgerMovement = Static<typeof LedgerMovement>

export const StockMovement = Type.Object({
  ...movement,
  actor: nullable({
    ...Actor,
    description: 'who of the staff; null for a sale, and where nobody was named or the name cannot be had',
  }),
})
export type StockMovement = Static<typeof StockMovement>

/** Newest first. The next page is the one before the last id. */
export const StockMovementQuery = Type.Object({
  product_id: Type.Optional(Id),
  reason: Type.Optional(MovementReason),
  before: Type.Optional(Id),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
})
export type StockMovementQuery = Static<typeof StockMovementQuery>

export const MovementNote = nullable(text(500))
