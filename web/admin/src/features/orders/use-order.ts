import type { ShopOrder, TimelineEntry } from '@kakilima/contracts/order/desk'
import type { Payment } from '@kakilima/contracts/payment'
import { useLiveOrders } from '@kakilima/ui/live-orders'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { findOrder, readPayments, readTimeline } from './api.ts'
import { atMostEvery } from './at-most-every.ts'

const askEveryMs = 500
const pollMs = 5000
/** What follows from a change is done by other services a moment later, and told by nobody: the money of a canceled order falls due. */
const aftermathMs = [1500, 5000]

/**
 * One order with its payments and what happened to it, as all that changes. An older version never takes the place of a newer one.
 * `pretend` shows it as it will be and returns how to take that back.
 */
export function useOrder(id: number) {
  const order = shallowRef<ShopOrder>()
  const payments = shallowRef<Payment[]>()
  const timeline = shallowRef<TimelineEntry[]>()
  const isMissing = ref(false)
  const error = shallowRef<unknown>()
  let isOver = false

  function note(found: ShopOrder): void {
    const shown = order.value
    // What is queued has no version of its own yet.
    if (shown !== undefined && shown.status !== 'queued' && found.version < shown.version) return
    order.value = { ...found, customer: found.customer ?? shown?.customer ?? null }
  }

  const refresh = atMostEvery(askEveryMs, async () => {
    if (isOver) return
    try {
      const found = await findOrder(id)
      isMissing.value = found === undefined
      if (found === undefined) return
      note(found)
      // What is queued was not paid, and nothing else happened to it.
      const isDecided = found.status !== 'queued'
      const [paid, happened] = isDecided ? await Promise.all([readPayments(id), readTimeline(id)]) : [[], []]
      payments.value = paid
      timeline.value = happened
      error.value = undefined
    } catch (caught) {
      error.value = caught
    }
  })

  function pretend(change: Partial<ShopOrder>): () => void {
    const before = order.value
    if (before === undefined) return () => undefined
    const pretended = { ...before, ...change }
    order.value = pretended
    return () => {
      // Unless something newer was told meanwhile.
      if (order.value === pretended) order.value = before
    }
  }

  /** Reads it now, and again once what follows from the change may be done. */
  function refreshAfter(): void {
    refresh()
    for (const ms of aftermathMs) setTimeout(refresh, ms)
  }

  const { isLive } = useLiveOrders({
    onOrder: (changed) => {
      if (changed.id !== id) return
      note({ ...changed, customer: order.value?.customer ?? null })
      refreshAfter()
    },
    onReady: refresh,
  })
  const poll = setInterval(() => {
    if (!isLive.value || error.value !== undefined || order.value?.status === 'queued') refresh()
  }, pollMs)
  // Notes of colleagues are told by nobody: they are there for whoever comes back to the page.
  window.addEventListener('focus', refresh)
  onScopeDispose(() => {
    isOver = true
    clearInterval(poll)
    window.removeEventListener('focus', refresh)
  })
  refresh()
  return { order, payments, timeline, isMissing, error, refresh, note, pretend }
}
