import type { OrderedLine } from '@kakilima/contracts/inventory'
import type { OrderInput } from '@kakilima/contracts/order/order'
import { problem } from '@kakilima/contracts/problems'

const maxQuantity = 1000

/**
 * The lines that a body asks for, one for each product: the same product on two lines counts together. Throws `invalid-input` where
 * neither `items` nor `product_id` is given or a product comes to more than 1,000 units.
 */
export function orderedLines({ items, product_id, quantity = 1 }: Omit<OrderInput, 'user_id'>): OrderedLine[] {
  if (items === undefined && product_id === undefined) throw invalid('/items', 'is missing, and so is product_id')
  const lines = items ?? [{ product_id: product_id!, quantity }]
  const quantities = new Map<number, number>()
  for (const line of lines) quantities.set(line.product_id, (quantities.get(line.product_id) ?? 0) + line.quantity)
  for (const [id, sum] of quantities) {
    if (sum > maxQuantity) throw invalid('/items', `has ${sum} units of product ${id}, and ${maxQuantity} are the most`)
  }
  return [...quantities].map(([id, sum]) => ({ product_id: id, quantity: sum }))
}

function invalid(pointer: string, detail: string) {
  return problem('invalid-input', `body${pointer.replaceAll('/', '.')} ${detail}`, { errors: [{ pointer, detail }] })
}
