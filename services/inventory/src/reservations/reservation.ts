import type { Decision, OrderToDecide, Shortage } from '@kakilima/contracts/inventory'
import { maxTotal } from '@kakilima/contracts/money'

/** What a decision looks at of a product. A product that can't be ordered (unknown, deleted, not published) is left out. */
export type OrderableProduct = { id: number; name: string; price: number; available: number }

export type Decided = {
  decisions: Decision[]
  /** Units that were promised, by product. */
  reservedUnits: Map<number, number>
}

/**
 * Walks the orders as they arrived. Each is all or nothing: every line reserved, or rejected with what was missing, and what one order
 * takes is gone for the next.
 */
export function decide(orders: OrderToDecide[], products: OrderableProduct[]): Decided {
  const known = new Map(products.map((product) => [product.id, product]))
  const reservedUnits = new Map<number, number>()
  const left = (product: OrderableProduct) => product.available - (reservedUnits.get(product.id) ?? 0)

  function decideOne({ order_id, lines }: OrderToDecide): Decision {
    const priced = lines.map(({ product_id, quantity }) => {
      const product = known.get(product_id)
      return { product_id, name: product?.name ?? '', unit_price: product?.price ?? 0, quantity }
    })
    const shortages: Shortage[] = []
    for (const { product_id, quantity } of lines) {
      const product = known.get(product_id)
      const available = product === undefined ? 0 : left(product)
      if (available < quantity) shortages.push({ product_id, requested: quantity, available })
    }
    const rejected = (reason: Decision['reason']): Decision => ({
      order_id,
      state: 'rejected',
      reason,
      lines: priced,
      shortages,
    })
    if (lines.some((line) => !known.has(line.product_id))) return rejected('product-not-found')
    if (shortages.length > 0) return rejected('insufficient-stock')
    // As BigInt: the sum itself may leave the exact integers.
    const total = priced.reduce((sum, line) => sum + BigInt(line.unit_price) * BigInt(line.quantity), 0n)
    if (total > BigInt(maxTotal)) return rejected('total-too-large')

    for (const { product_id, quantity } of lines)
      reservedUnits.set(product_id, (reservedUnits.get(product_id) ?? 0) + quantity)
    return { order_id, state: 'reserved', reason: null, lines: priced, shortages: [] }
  }

  return { decisions: orders.map(decideOne), reservedUnits }
}

/** Adds up the lines of one order so that each product stands once, in the order in which they were first named. */
export function mergeLines<Line extends { product_id: number; quantity: number }>(lines: Line[]): Line[] {
  const merged = new Map<number, Line>()
  for (const line of lines) {
    const earlier = merged.get(line.product_id)
    if (earlier === undefined) merged.set(line.product_id, { ...line })
    else earlier.quantity += line.quantity
  }
  return [...merged.values()]
}
