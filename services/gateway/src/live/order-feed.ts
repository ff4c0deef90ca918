import type { FeedPosition } from '@kakilima/contracts/event-feed'
import type { OrderClient } from '@kakilima/contracts/order/endpoints'
import type { Order, OrderChanges } from '@kakilima/contracts/order/order'

/** How orders change. */
export type OrderFeed = {
  /** From where to read on, to learn of every change from now on. */
  position: () => Promise<FeedPosition>
  changes: (position: FeedPosition) => Promise<OrderChanges>
  list: (ids: number[]) => Promise<Order[]>
}

export function orderFeedOf(
  orders: Pick<OrderClient, 'readChangesPosition' | 'readChanges' | 'listOrders'>,
): OrderFeed {
  return {
    position: orders.readChangesPosition,
    changes: (position) => orders.readChanges({ body: position }),
    list: async (ids) => (await orders.listOrders({ query: { ids: ids.join(',') } })).rows,
  }
}
