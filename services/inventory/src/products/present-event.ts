import type { PresentEvent } from '@kakilima/kit/event-feed-routes'
import { presentProduct } from './product.ts'

/** Events of products as others see them: the whole product, or of a deletion and of changed stock what the event holds. */
export function presentEvent(baseUrl: string): PresentEvent {
  return (type, data) =>
    type === 'product.created' || type === 'product.updated' ? presentProduct(data, baseUrl) : data
}
