import type { Call } from '@kakilima/contracts/clients'
import {
  type EventFeedClient,
  eventFeedClient,
  type ProductClient,
  productClient,
} from '@kakilima/contracts/shop-clients'

/** The inventory service, where all that the catalog shows comes from. */
export type InventorySource = {
  feed: Pick<EventFeedClient, 'begin' | 'read'>
  products: Pick<ProductClient, 'page' | 'deleted'>
}

export function inventorySource(call: Call): InventorySource {
  return { feed: eventFeedClient(call), products: productClient(call) }
}
