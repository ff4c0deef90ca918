import Type, { type Static } from 'typebox'
import { Id } from './ids.ts'

/** How many rows a list holds when the caller does not say. */
export const defaultListLimit = 1000

/**
 * Paging of every list. Without parameters a list holds the newest 1,000 rows in ascending id. `limit` or `after` turns it into pages
 * from the oldest on: the next page is the one after the last id, and a `Link: rel="next"` header names it.
 */
export const listQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  after: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
}

export const ListQuery = Type.Object(listQuery)
export type ListQuery = Static<typeof ListQuery>

export const MessageReply = Type.Object({ message: Type.String() })

/** A path with another name for its id: `/orders/user/{user_id}`. */
export const UserIdPath = Type.Object({ user_id: Id })
export const OrderIdPath = Type.Object({ order_id: Id })
