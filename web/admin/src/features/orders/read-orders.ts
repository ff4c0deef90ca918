import type { ShopOrder } from '@kakilima/contracts/order/desk'
import { findOrder } from './api.ts'

const atOnce = 6

/** Orders by their numbers, in this order. Those that do not exist are left out. */
export async function readOrders(ids: number[]): Promise<ShopOrder[]> {
  const found: (ShopOrder | undefined)[] = []
  for (let from = 0; from < ids.length; from += atOnce)
    found.push(...(await Promise.all(ids.slice(from, from + atOnce).map(findOrder))))
  return found.filter((order) => order !== undefined)
}
