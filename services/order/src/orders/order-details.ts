import type { InventoryClient, UserClient } from '@kakilima/contracts/clients'
import type { Order, OrderDetail } from '@kakilima/contracts/order/order'
import { isProblem } from '@kakilima/contracts/problems'
import type { Logger } from '@kakilima/kit/logger'

export type DetailDeps = { users: UserClient; inventory: InventoryClient; logger: Logger }

const mostIdsInOneCall = 1000

/**
 * Joins orders with their customers and products, with one call for each neighbour and not one for each row. What was bought and for
 * how much is the order's own; a neighbour that is away only leaves out what it would have added.
 */
export async function orderDetails(deps: DetailDeps, orders: Order[]): Promise<OrderDetail[]> {
  const [users, products] = await Promise.all([
    byId(
      deps,
      'user',
      deps.users.list,
      orders.map((order) => order.user_id),
    ),
    byId(
      deps,
      'inventory',
      deps.inventory.list,
      orders.map((order) => order.product_id),
    ),
  ])
  return orders.map(({ user_id, product_id, ...order }) => {
    const user = users.get(user_id)
    const product = products.get(product_id)
    const bought = order.lines[0]!
    return {
      ...order,
      user: { id: user_id, ...(user !== undefined && { name: user.name, phone: user.phone }) },
      product: {
        id: product_id,
        name: bought.name,
        price: bought.unit_price,
        ...(product !== undefined && { sku: product.sku, category: product.category, image: product.image }),
      },
    }
  })
}

async function byId<Row extends { id: number }>(
  { logger }: DetailDeps,
  neighbor: string,
  list: (ids: number[]) => Promise<Row[]>,
  ids: number[],
): Promise<Map<number, Row>> {
  const wanted = [...new Set(ids)]
  const found = new Map<number, Row>()
  try {
    for (let start = 0; start < wanted.length; start += mostIdsInOneCall) {
      for (const row of await list(wanted.slice(start, start + mostIdsInOneCall))) found.set(row.id, row)
    }
  } catch (error) {
    if (!isProblem(error, 'neighbor-unavailable', 'neighbor-failed')) throw error
    logger.warn({ err: error, neighbor }, 'details are shown without what a neighbour would add')
  }
  return found
}
