import { liveCloseCodes } from '@kakilima/contracts/live'
import type { OrderChange } from '@kakilima/contracts/order/order'
import { followFeed } from '@kakilima/kit/event-feed'
import type { Logger } from '@kakilima/kit/logger'
import type { Loop } from '@kakilima/kit/loop'
import type { Listeners } from './listeners.ts'
import type { OrderFeed } from './order-feed.ts'
import type { SharedOrderFeed } from './shared-order-feed.ts'

const pollMs = 200

/**
 * Tells listeners of every change of the orders that concern them, while there are any. An order that changes again and again is told as
 * it is when it is looked at, so that steps may be left out but never the last one.
 */
export function followOrders(feed: OrderFeed | SharedOrderFeed, listeners: Listeners, logger: Logger): Loop {
  if ('onCut' in feed) {
    feed.onCut(() => {
      for (const listener of listeners.all) listeners.close(listener, liveCloseCodes.tryLater, 'Changes were missed')
    })
  }
  return followFeed<OrderChange>({
    name: 'live updates',
    logger,
    idleMs: pollMs,
    isWanted: listeners.hasSignedIn,
    position: feed.position,
    read: async (position) => {
      const { changes, settled } = await feed.changes(position)
      return { events: changes, settled }
    },
    handle: async (changes) => {
      const wanted = changes.filter((change) => listeners.wants(change.user_id)).map((change) => change.order_id)
      const orders = wanted.length === 0 ? [] : await feed.list([...new Set(wanted)])
      // Whoever came since the changes were read: they were made before, and are in the list that is read after this.
      listeners.markReady()
      for (const order of orders) listeners.tell(order)
    },
  })
}
