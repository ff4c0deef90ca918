import type { Product } from '@kakilima/contracts/inventory'
import { useEventListener } from '../../parts/use-event-listener.ts'
import { productsOf } from './api.ts'
import { newerOf } from './use-product-changes.ts'

const mostAsked = 500

/**
 * Brings the rows of a list up to date when the reader comes back to the page: others sell and change meanwhile. Those that are gone
 * leave.
 */
export function useFreshRows(
  rows: () => Product[] | undefined,
  patch: (isIt: (row: Product) => boolean, change: (row: Product) => Product | undefined) => void,
): void {
  async function refresh(): Promise<void> {
    const ids = (rows() ?? []).slice(0, mostAsked).map(({ id }) => id)
    if (document.visibilityState !== 'visible' || ids.length === 0) return
    const now = new Map((await productsOf(ids)).map((product) => [product.id, product]))
    const asked = new Set(ids)
    patch(
      ({ id }) => asked.has(id),
      (row) => {
        const product = now.get(row.id)
        return product && newerOf(row, product)
      },
    )
  }
  // What is shown stays where the shop can't be asked; the frame of the desk says so.
  useEventListener(document, 'visibilitychange', () => void refresh().catch(() => undefined))
}
