import type { Product } from '@kakilima/contracts/inventory'
import type { AdjustmentReason } from '@kakilima/contracts/stock-movements'

/** How staff say what happened to the units on hand: some came in, some went out, or all were counted. */
export const ways = ['in', 'out', 'count'] as const
export type Way = (typeof ways)[number]

export const reasonsOf: Record<Way, AdjustmentReason[]> = {
  in: ['restock', 'return', 'adjustment'],
  out: ['damage', 'loss', 'adjustment'],
  count: ['count'],
}

const most = 1_000_000_000

/** The signed change of the units on hand. A count is told as the difference to those that were seen, so that no sale is undone. */
export function differenceOf(way: Way, quantity: number, seen: number): number {
  if (way === 'count') return quantity - seen
  return way === 'in' ? quantity : -quantity
}

/** What is wrong with a quantity, as the key of a text with how many it may be; undefined where nothing is. */
export function faultOf(
  way: Way,
  quantity: number | undefined,
  { stock, reserved }: Pick<Product, 'stock' | 'reserved'>,
): { key: 'wrongQuantity' | 'wrongCount' | 'tooFew' | 'tooMany'; count: number } | undefined {
  if (quantity === undefined || quantity > most || (quantity === 0 && way !== 'count'))
    return { key: way === 'count' ? 'wrongCount' : 'wrongQuantity', count: most }
  if (way === 'count' && quantity < reserved) return { key: 'tooFew', count: reserved }
  if (way === 'out' && quantity > stock - reserved) return { key: 'tooMany', count: stock - reserved }
  if (way === 'in' && stock + quantity > most) return { key: 'wrongQuantity', count: most }
  return undefined
}
