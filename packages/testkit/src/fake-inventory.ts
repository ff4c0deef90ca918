import type { InventoryClient } from '@kakilima/contracts/clients'
import type { Decision, OrderToDecide } from '@kakilima/contracts/inventory'

export type InventoryCall = { verb: 'ready' | 'list' | 'decide' | 'release' | 'consume'; ids: number[] }

export type FakeInventory = InventoryClient & {
  /** What was answered for each order, as inventory stores it. */
  decisions: Map<number, Decision>
  calls: InventoryCall[]
  /** Set by a test to throw in place of an answer. */
  refuse: (call: InventoryCall) => void
}

/** An inventory with enough of everything at 1,000 rupiah. It keeps its word as the real one does: asking again gets the same answer. */
export function fakeInventory(): FakeInventory {
  const decisions = new Map<number, Decision>()
  const calls: InventoryCall[] = []

  function begin(call: InventoryCall): void {
    fake.refuse(call)
    calls.push(call)
  }

  function settle(orderIds: number[], state: 'released' | 'consumed'): Decision[] {
    for (const order_id of orderIds) {
      const decision = decisions.get(order_id)
      if (decision?.state === 'reserved') decisions.set(order_id, { ...decision, state })
      if (decision === undefined && state === 'released') {
        decisions.set(order_id, { order_id, state, reason: null, lines: [], shortages: [] })
      }
    }
    return orderIds.flatMap((id) => decisions.get(id) ?? [])
  }

  const fake: FakeInventory = {
    decisions,
    calls,
    refuse: () => undefined,
    async ready() {
      begin({ verb: 'ready', ids: [] })
      return {}
    },
    async list(ids) {
      begin({ verb: 'list', ids })
      return ids.map(productOf)
    },
    async decide(orders) {
      begin({ verb: 'decide', ids: orders.map((order) => order.order_id) })
      for (const order of orders) {
        if (!decisions.has(order.order_id)) decisions.set(order.order_id, reserved(order))
      }
      return orders.map((order) => decisions.get(order.order_id)!)
    },
    async release(orderIds) {
      begin({ verb: 'release', ids: orderIds })
      return settle(orderIds, 'released')
    },
    async consume(orderIds) {
      begin({ verb: 'consume', ids: orderIds })
      return settle(orderIds, 'consumed')
    },
  }
  return fake
}

/** The decision that inventory makes of an order when there is enough of everything. */
export function reserved({ order_id, lines }: OrderToDecide): Decision {
  const priced = lines.map((line) => ({ ...line, name: productOf(line.product_id).name, unit_price: 1000 }))
  return { order_id, state: 'reserved', reason: null, lines: priced, shortages: [] }
}

function productOf(id: number) {
  const now = '2026-11-22T08:00:00.000Z'
  return {
    id,
    slug: `product-${id}`,
    name: `Product ${id}`,
    price: 1000,
    stock: 1_000_000,
    reserved: 0,
    available: 1_000_000,
    description: '',
    sku: `SKU-${id}`,
    category: 'food',
    category_slug: 'food',
    image: null,
    images: [],
    status: 'published' as const,
    weight_grams: null,
    version: 1,
    created_at: now,
    updated_at: now,
  }
}
