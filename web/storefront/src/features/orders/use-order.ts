import type { Order } from '@kakilima/contracts/order/order'
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { findOrder } from './api.ts'
import { useLiveOrders } from '@kakilima/ui/live-orders'

/** How often an order is asked for that is on its way, where no live connection says how it goes. */
const pollMs = 1500

/**
 * One order as it changes: told live, asked for where there is no live connection. A failed question is asked again, since an order
 * never gets lost; `error` says that the shop can't be reached right now.
 */
export function useOrder(id: number) {
  const order = shallowRef<Order>()
  const isMissing = ref(false)
  const error = shallowRef<unknown>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false

  function note(found: Order): void {
    isMissing.value = false
    if (order.value === undefined || found.version >= order.value.version || order.value.status === 'queued')
      order.value = found
  }

  async function refresh(): Promise<void> {
    clearTimeout(timer)
    try {
      const found = await findOrder(id)
      if (isOver) return
      if (found === undefined) isMissing.value = true
      else note(found)
      error.value = undefined
    } catch (caught) {
      error.value = caught
    }
    plan()
  }

  function plan(): void {
    clearTimeout(timer)
    if (isOver || isMissing.value) return
    const isDone = order.value !== undefined && !isOnItsWay(order.value)
    if (error.value !== undefined || (!isDone && !isLive.value)) timer = setTimeout(() => void refresh(), pollMs)
  }

  const { isLive } = useLiveOrders({
    onOrder: (changed) => {
      if (changed.id === id) note(changed)
    },
    onReady: () => void refresh(),
  })
  watch(isLive, plan)
  void refresh()
  onScopeDispose(() => {
    isOver = true
    clearTimeout(timer)
  })
  return { order, isMissing, error, refresh, note }
}

function isOnItsWay({ status }: Order): boolean {
  return !['rejected', 'expired', 'canceled', 'confirmed'].includes(status)
}
