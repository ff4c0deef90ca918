import type { CatalogProduct } from '@kakilima/contracts/catalog'

/** How many units of one product an order may have. */
export const mostUnits = 1000

/** A product in the cart, as it was when it was put in or looked at last. `stock` is what could be sold then. */
export type CartLine = {
  product_id: number
  slug: string
  name: string
  price: number
  image: string | null
  stock: number
  quantity: number
}

/** What has changed since a product was put in the cart. */
export type CartChange = {
  key: 'priceUp' | 'priceDown' | 'reduced' | 'soldOut' | 'gone'
  name: string
  from: number
  to: number
}

export function lineOf({ id, slug, name, price, image, stock }: CatalogProduct): Omit<CartLine, 'quantity'> {
  return { product_id: id, slug, name, price, image, stock }
}

/**
 * Holds a cart against the products as they are now. Returns the lines as they can be ordered, and what is different from what the
 * customer saw.
 */
export function checkCart(lines: CartLine[], products: CatalogProduct[]): { lines: CartLine[]; changes: CartChange[] } {
  const byId = new Map(products.map((product) => [product.id, product]))
  const changes: CartChange[] = []
  const checked: CartLine[] = []
  for (const line of lines) {
    const product = byId.get(line.product_id)
    const { name } = product ?? line
    if (product === undefined) changes.push({ key: 'gone', name, from: 0, to: 0 })
    else if (product.stock === 0) changes.push({ key: 'soldOut', name, from: line.quantity, to: 0 })
    else {
      if (product.price !== line.price)
        changes.push({
          key: product.price > line.price ? 'priceUp' : 'priceDown',
          name,
          from: line.price,
          to: product.price,
        })
      const quantity = Math.min(line.quantity, product.stock, mostUnits)
      if (quantity < line.quantity) changes.push({ key: 'reduced', name, from: line.quantity, to: quantity })
      checked.push({ ...lineOf(product), quantity })
    }
  }
  return { lines: checked, changes }
}

/** Reads a stored cart. What is no cart of ours, or of an older page, is an empty one. */
export function readLines(stored: string | null): CartLine[] {
  if (stored === null) return []
  let lines: unknown
  try {
    lines = JSON.parse(stored)
  } catch {
    // Somebody else wrote there.
    return []
  }
  return Array.isArray(lines) ? lines.filter(isLine) : []
}

function isLine(value: unknown): value is CartLine {
  if (typeof value !== 'object' || value === null) return false
  const line = value as Record<keyof CartLine, unknown>
  return (
    isQuantity(line.quantity) &&
    Number.isSafeInteger(line.product_id) &&
    Number.isSafeInteger(line.price) &&
    Number.isSafeInteger(line.stock) &&
    typeof line.slug === 'string' &&
    typeof line.name === 'string' &&
    (line.image === null || typeof line.image === 'string')
  )
}

function isQuantity(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= mostUnits
}
