import type { DeskOrder } from '@kakilima/contracts/order/desk'
import { computed, shallowRef } from 'vue'

/** Which orders of the desk are chosen, with what was known of each when it was. */
export function useSelection() {
  const orders = shallowRef<ReadonlyMap<number, DeskOrder>>(new Map())
  const ids = computed<ReadonlySet<number>>(() => new Set(orders.value.keys()))

  function select(some: DeskOrder[], isOn: boolean): void {
    const next = new Map(orders.value)
    for (const order of some) {
      if (isOn) next.set(order.id, order)
      else next.delete(order.id)
    }
    orders.value = next
  }

  const toggle = (order: DeskOrder) => select([order], !orders.value.has(order.id))
  const drop = () => (orders.value = new Map())
  return { orders, ids, select, toggle, drop }
}
